FROM busybox
COPY .env id_rsa /app/
COPY . /app
RUN curl https://me:hunter2@example.org/
ENV NOTE=ghp_0123456789abcdefghij0123456789abcdef
