FROM scratch AS one
ARG VERSION=1
COPY $foo .
ENV PATH=$PAHT:/app
WORKDIR /x/$VERSOIN
RUN --mount=type=cache,target=$CACHE true
COPY <<EOF /x
$inner
EOF
