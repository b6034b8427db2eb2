FROM debian:bookworm-slim
MAINTAINER Jane Doe <jane@example.org>
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y \
  latexmk \
  texlive-latex-extra \

  texlive-fonts-recommended
ENV HOME /data
WORKDIR /data
VOLUME ["/data", "/cache dir"]
HEALTHCHECK NONE
ENTRYPOINT latexmk -pdf
