FROM debian
RUN apt-get update && apt-get install -y git
RUN apk add git
RUN dnf -y install git
