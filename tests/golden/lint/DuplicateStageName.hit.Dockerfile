FROM busybox AS one
FROM busybox AS two
FROM busybox AS ONE
