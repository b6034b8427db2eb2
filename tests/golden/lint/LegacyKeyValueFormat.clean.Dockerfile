FROM busybox
ENV NAME="some value" OTHER=1
LABEL version=1
