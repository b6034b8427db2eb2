FROM busybox
COPY --chown=me . /app
RUN chown -R me /var/cache && chown me /app
RUN chown -R me $HOME
