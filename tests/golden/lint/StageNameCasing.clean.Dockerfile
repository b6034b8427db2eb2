FROM BUSYBOX/x AS base
FROM base AS build-2
