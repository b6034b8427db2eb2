ARG FLAVOUR=full
ARG BASE=debian
FROM debian:12 AS base-debian
ONBUILD ENV ID=debian
FROM alpine:3 AS base-alpine
ONBUILD RUN apk add --no-cache bash
FROM base-${BASE} AS common
COPY common.conf /etc/
FROM common AS slim
RUN echo slim
FROM common AS full
RUN echo full
COPY --from=slim /etc/common.conf /etc/slim.conf
FROM ${FLAVOUR}
LABEL flavour=$FLAVOUR
