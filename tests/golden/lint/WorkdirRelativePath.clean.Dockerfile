FROM busybox AS one
WORKDIR /app
WORKDIR more
FROM one
WORKDIR deeper
FROM busybox
ARG DIR
ENV TOP=/top
WORKDIR $TOP/x
FROM busybox
ARG DIR
WORKDIR $DIR/x
