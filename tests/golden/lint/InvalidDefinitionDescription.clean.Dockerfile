# check=experimental=InvalidDefinitionDescription
ARG VERSION=1
# a comment of its own

FROM busybox AS base
# A is one
ARG A
# B is one of two
ARG A B
# no name, no description
FROM busybox
