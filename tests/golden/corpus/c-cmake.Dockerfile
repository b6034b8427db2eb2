FROM debian:12-slim AS toolchain
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -qy \
      cmake ninja-build gcc g++ ccache \
    && rm -rf /var/lib/apt/lists/*
FROM toolchain AS configure
ARG BUILD_TYPE=RelWithDebInfo
ARG CMAKE_FLAGS=
COPY CMakeLists.txt /src/
COPY cmake /src/cmake
RUN cmake -G Ninja -S /src -B /build -DCMAKE_BUILD_TYPE="$BUILD_TYPE" $CMAKE_FLAGS
FROM configure AS compile
ENV CCACHE_DIR=/ccache CCACHE_MAXSIZE=2G
COPY --parents src/**/*.c src/**/*.h include/ /src/
RUN --mount=type=cache,target=/ccache,mode=0777,uid=0,gid=0 \
    --mount=type=tmpfs,target=/tmp,size=512m \
    ninja -C /build && DESTDIR=/install ninja -C /build install
FROM compile AS check
RUN --network=none ctest --test-dir /build --output-on-failure
FROM gcr.io/distroless/base-debian12
COPY --from=compile --chmod=0755 /install/usr/local/bin/ /usr/bin/
COPY --from=compile /install/usr/local/lib/*.so* /usr/lib/
USER 65532:65532
ENTRYPOINT ["/usr/bin/tool"]
