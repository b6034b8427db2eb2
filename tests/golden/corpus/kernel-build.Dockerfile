# syntax=docker/dockerfile:1-labs
ARG DEBIAN=bookworm
ARG KERNEL=6.6.10
ARG JOBS
FROM debian:${DEBIAN} AS deps
ARG DEBIAN_FRONTEND=noninteractive
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,sharing=locked,target=/var/cache/apt \
    --mount=type=cache,sharing=locked,target=/var/lib/apt \
    apt-get update && apt-get install -y bc bison build-essential flex libelf-dev libssl-dev rsync
FROM deps AS source
ARG KERNEL
ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.org/linux-${KERNEL}.tar.xz /
ADD --keep-git-dir=false https://github.com/example/config.git#main /config
RUN tar -xf linux-${KERNEL}.tar.xz && mv linux-${KERNEL} /linux
FROM source AS build
ARG JOBS
WORKDIR /linux
RUN --security=insecure --network=none cp /config/x86.config .config && make -j${JOBS:-$(nproc)} olddefconfig bzImage
FROM scratch
COPY --from=build /linux/arch/x86/boot/bzImage /vmlinuz
COPY --from=build --parents /linux/./include/**/*.h /headers/
