# syntax=docker/dockerfile:1.7
ARG GO_VERSION=1.22
ARG ALPINE_VERSION=3.19

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine${ALPINE_VERSION} AS base
RUN apk add --no-cache git file
WORKDIR /src
ENV CGO_ENABLED=0

FROM base AS vendored
RUN --mount=type=bind,target=.,rw \
    --mount=type=cache,target=/go/pkg/mod \
    go mod tidy && go mod download

FROM vendored AS test
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/root/.cache \
    --mount=type=cache,target=/go/pkg/mod \
    go test -v -coverprofile=/tmp/coverage.txt ./...

FROM scratch AS test-coverage
COPY --from=test /tmp/coverage.txt /coverage.txt

FROM vendored AS build
ARG TARGETOS TARGETARCH TARGETVARIANT
ARG LDFLAGS="-s -w"
RUN --mount=type=bind,target=. \
    --mount=type=cache,target=/root/.cache,id=build-$TARGETOS-$TARGETARCH \
    --mount=type=cache,target=/go/pkg/mod \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "$LDFLAGS" -o /out/app . && \
    file /out/app

FROM scratch AS binary
COPY --link --from=build /out/app /

FROM alpine:${ALPINE_VERSION} AS image
RUN apk add --no-cache ca-certificates
COPY --from=binary /app /usr/local/bin/app
ENTRYPOINT ["app"]
