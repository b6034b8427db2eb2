FROM ubuntu
MAINTAINER   Jane  Doe   <jane@example.org>
env DEBIAN_FRONTEND noninteractive
env HOME    /root
add . /app
add http://example.org/a.tar.gz http://example.org/b.tar.gz /tmp/
run	apt-get update	&& apt-get install -y python
workdir /app
workdir src
expose 80 443
volume /logs /data
user nobody:nogroup
entrypoint python -m app
cmd -- --verbose
onbuild add . /app
onbuild run make
