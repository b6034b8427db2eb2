from busybox
run true
user me
