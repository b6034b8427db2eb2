FROM debian AS one
RUN apt-get update && apt-get install -y git
RUN apt-get install -y make
FROM debian
COPY --from=one /x /x
RUN apt-get update
