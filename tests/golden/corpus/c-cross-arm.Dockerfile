FROM debian:bookworm
ARG TRIPLET=arm-linux-gnueabihf
ARG CROSS=${TRIPLET}-
ENV CC="${CROSS}gcc" LD="${CROSS}ld" AR="${CROSS}ar" STRIP="${CROSS%-}-strip"
RUN dpkg --add-architecture armhf && apt-get update && apt-get install -y \
    gcc-${TRIPLET} \
    libc6-dev:armhf \
    # debugging
    gdb-multiarch \

    qemu-user
WORKDIR /fw
ADD --chown=1000 firmware.tar.xz patches/*.patch ./
RUN for p in *.patch; do patch -p1 <$p || exit 1; done
RUN ["make", "-j4", "all"]
CMD ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf", "./out/main"]
