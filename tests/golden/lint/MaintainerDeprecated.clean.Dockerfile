FROM busybox
LABEL maintainer=me
