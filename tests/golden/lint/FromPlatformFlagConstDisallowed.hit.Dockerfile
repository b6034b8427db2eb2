FROM --platform=linux/amd64 busybox AS one
FROM --platform=arm64 busybox
