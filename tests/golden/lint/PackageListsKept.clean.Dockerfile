FROM debian AS build
RUN apt-get update
FROM debian
RUN apt-get update && \
  apt-get install -y git && \
  rm -rf /var/lib/apt/lists/*
RUN --mount=type=cache,target=/var/lib/apt apt-get update
RUN apk add --no-cache git
RUN yum -y install git && yum clean all
RUN echo apt-get-update
