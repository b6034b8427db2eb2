FROM busybox AS one
from busybox as two
From busybox as three
