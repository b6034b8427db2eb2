FROM busybox AS one
ENTRYPOINT ["run"]
HEALTHCHECK CMD true
FROM busybox AS two
SHELL ["/bin/bash", "-c"]
CMD server
FROM two
CMD server
