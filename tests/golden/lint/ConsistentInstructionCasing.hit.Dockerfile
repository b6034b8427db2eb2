FROM busybox
RUN true
run true
User me
