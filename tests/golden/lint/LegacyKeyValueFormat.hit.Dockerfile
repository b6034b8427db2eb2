FROM busybox
ENV NAME some value
LABEL version 1
