ARG VERSION=1
FROM busybox:${VERSION} AS one
FROM --platform=$BUILDPLATFORM busybox
FROM busybox:${OTHER:-latest}
