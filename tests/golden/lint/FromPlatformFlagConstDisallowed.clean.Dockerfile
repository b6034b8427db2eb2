FROM --platform=linux/amd64 busybox AS one_amd64
FROM --platform=linux/arm64 busybox AS linux_two
FROM --platform=$BUILDPLATFORM busybox
