# check=experimental=all
# what this is
ARG VERSION=1

# a stage
FROM busybox AS base
# another
ARG A B
