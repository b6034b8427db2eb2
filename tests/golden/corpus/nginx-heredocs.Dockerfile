# syntax=docker/dockerfile:1.7-labs
# check=skip=JSONArgsRecommended;error=true
FROM nginx:1.25-alpine
ARG WORKERS=auto
ENV UPSTREAM=app:8080

COPY <<EOF /etc/nginx/conf.d/upstream.conf
upstream backend {
    server ${UPSTREAM};
    keepalive ${WORKERS:+16};
}
EOF

COPY --chmod=644 <<'EOF' /etc/nginx/conf.d/default.conf
server {
    listen 80;
    location / {
        proxy_set_header Host $host;
        proxy_pass http://backend;
        rewrite "^/a\.b$" /c;
    }
}
EOF

COPY --chmod=755 <<-"SCRIPT" <<-robots.txt /srv/
	#!/bin/sh
	echo "uptime: $(uptime)"
	SCRIPT
	User-agent: *
	Disallow: /
	robots.txt

RUN <<EOF
set -e
nginx -t
for f in /etc/nginx/conf.d/*.conf; do
    echo "checked $f"
done
EOF
CMD nginx -g "daemon off;"
