FROM busybox
WORKDIR /app
COPY . .
ADD a.tar /srv/
RUN chown -R me:me /app
RUN true && chmod -vR u+x .
