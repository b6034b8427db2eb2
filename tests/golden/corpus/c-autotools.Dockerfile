FROM debian:bookworm AS build
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
RUN apt-get update && apt-get install -y --no-install-recommends \
        autoconf automake build-essential libtool pkg-config \
    && rm -rf /var/lib/apt/lists/*
ADD https://example.org/releases/tool-2.1.tar.gz /usr/src/tool.tar.gz
RUN mkdir -p /usr/src/tool && tar -C /usr/src/tool --strip-components=1 -xzf /usr/src/tool.tar.gz
WORKDIR /usr/src/tool
RUN ./configure --prefix=/usr --sysconfdir=/etc | tee configure.log \
    && make -j"$(nproc)" \
    && make install DESTDIR=/out

FROM scratch
COPY --from=build /out/ /
CMD ["/usr/bin/tool", "--help"]
