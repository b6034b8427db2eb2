FROM haskell:9.6 as builder
WORKDIR /build
RUN cabal update
COPY ./*.cabal ./cabal.project* /build/
RUN cabal build --only-dependencies -j4
COPY . /build
RUN cabal install --install-method=copy --installdir=/build/bin

FROM debian:bookworm-slim
RUN apt-get update && \
  apt-get install -qq -y \
    libgmp10 netbase ca-certificates \
    --no-install-recommends && \
  apt-get clean && rm -rf /var/lib/apt/lists/*
COPY --from=builder /build/bin/app /usr/local/bin/
ENV LC_ALL=C.UTF-8
CMD app --port "${PORT:-8080}"
