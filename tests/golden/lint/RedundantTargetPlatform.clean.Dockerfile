FROM --platform=$BUILDPLATFORM busybox
FROM --platform=linux/${TARGETARCH} busybox
FROM busybox
