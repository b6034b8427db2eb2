# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.3.0 AS xx
FROM --platform=${BUILDPLATFORM} alpine:3.19 AS build
COPY --from=xx / /
RUN apk add clang lld make
ARG TARGETPLATFORM
RUN xx-apk add --no-cache gcc musl-dev
WORKDIR /src
RUN --mount=type=bind,target=. <<EOT
  set -e
  xx-clang --static -o /out/hello hello.c
  xx-verify --static /out/hello
EOT

FROM scratch AS binary
COPY --link --from=build /out/hello /

FROM binary
ENTRYPOINT ["/hello"]
