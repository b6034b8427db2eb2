FROM busybox
MAINTAINER "me <me@example.org>"
