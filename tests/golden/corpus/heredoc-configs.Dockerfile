FROM haproxy:2.9-alpine
ARG BACKENDS="a:80 b:80"
ENV STATS_PORT=8404
USER root
COPY <<EOF /usr/local/etc/haproxy/haproxy.cfg
# this is no Dockerfile comment
global
    log stdout format raw local0 \
        info

frontend stats
    bind *:${STATS_PORT}
    stats uri /
EOF
RUN <<'EOF' cat >> /etc/motd && cat <<OTHER >>/etc/issue
It's $10 for "you" \ me
EOF
issue
OTHER
RUN cat >/etc/one <<ONE && cat <<TWO >/etc/two
1
ONE
2
TWO
ADD <<readme.txt /usr/share/doc/
Nothing to see.

readme.txt
ONBUILD RUN <<EOF
haproxy -c -f /usr/local/etc/haproxy/haproxy.cfg
EOF
ONBUILD COPY <<EOF /etc/extra
x=$y
EOF
USER haproxy
