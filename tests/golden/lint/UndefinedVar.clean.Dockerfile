FROM scratch AS one
ARG VERSION A=$VERSION
ENV HERE=1
COPY $A$VERSION .
ENV PATH=$PATH:/app
RUN echo $anything
LABEL x="${UNSET:-default}" y='$quoted' z=\$escaped
COPY <<'EOF' /x
$inner
EOF
CMD echo $FOO
FROM one
USER $HERE
FROM golang
WORKDIR $GOPATH
