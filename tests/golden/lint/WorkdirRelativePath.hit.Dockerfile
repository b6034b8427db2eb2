FROM busybox AS one
WORKDIR app
WORKDIR more
FROM busybox
WORKDIR ./x
