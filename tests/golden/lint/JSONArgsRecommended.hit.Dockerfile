FROM busybox
ENTRYPOINT run me
CMD server --port 80
