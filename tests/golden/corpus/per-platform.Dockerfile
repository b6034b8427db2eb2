# One stage for each architecture, chosen by name.
ARG FLAVOUR=standard
FROM alpine:3.19 AS base-amd64
ENV CPU=x86_64
FROM alpine:3.19 AS base-arm64
ENV CPU=aarch64
FROM base-${TARGETARCH} AS arch
FROM arch AS standard
RUN echo "standard on $CPU" > /flavour
FROM arch AS debug
RUN apk add --no-cache gdb strace
FROM ${FLAVOUR:-standard}
CMD ["cat", "/flavour"]
