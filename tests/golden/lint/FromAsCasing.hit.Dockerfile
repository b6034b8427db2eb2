FROM busybox as one
from busybox AS two
FROM busybox As three
