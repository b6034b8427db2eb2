FROM scratch AS base
FROM busybox AS contexts
