ARG VERSION=1
FROM busybox:${VERSOIN} AS one
FROM --platform=$BUILDPLATFROM busybox
ARG LATE=1
FROM busybox:$LATE
