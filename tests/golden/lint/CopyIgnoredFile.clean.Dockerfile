# check=experimental=all
FROM busybox AS zero
FROM busybox AS one
COPY kept.txt /
COPY --from=zero /ignored.txt /
COPY <<ignored.txt /
ignored.txt
ADD https://example.org/ignored.txt /
