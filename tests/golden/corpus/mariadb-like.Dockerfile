# vim:set ft=dockerfile:
FROM ubuntu:jammy
RUN groupadd -r mysql && useradd -r -g mysql mysql --home-dir /var/lib/mysql
# the user's keys; see "--recv-keys" below
ARG GPG_KEYS=177F4010FE56CA3336300305F1656F24C74CD1D8
ENV GOSU_VERSION 1.17
RUN set -eux; \
	apt-get update; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		ca-certificates gpg tzdata; \
	savedAptMark="$(apt-mark showmanual)"; \
	for key in $GPG_KEYS; do \
		gpg --batch --keyserver keyserver.ubuntu.com --recv-keys "$key"; \
	done; \
	apt-mark auto '.*' > /dev/null; \
	[ -z "$savedAptMark" ] ||	apt-mark manual $savedAptMark >/dev/null; \
	rm -rf /var/lib/apt/lists/*
RUN mkdir /docker-entrypoint-initdb.d
ENV LANG C.UTF-8
LABEL org.opencontainers.image.authors="MariaDB Community" \
      org.opencontainers.image.title="MariaDB Database" \
      org.opencontainers.image.version="11.3.2"
ARG MARIADB_VERSION=1:11.3.2+maria~ubu2204
ENV MARIADB_VERSION $MARIADB_VERSION
RUN set -ex; { \
		echo "mariadb-server" mysql-server/root_password password 'unused'; \
		echo "mariadb-server" mysql-server/root_password_again password 'unused'; \
	} | debconf-set-selections; \
	find /etc/mysql/ -name '*.cnf' -print0 \
		| xargs -0 grep -lZE '^(bind-address|log|user\s)' \
		| xargs -rt -0 sed -Ei 's/^(bind-address|log|user\s)/#&/'
VOLUME /var/lib/mysql
COPY healthcheck.sh /usr/local/bin/healthcheck.sh
ENTRYPOINT ["docker-entrypoint.sh"]
USER mysql
EXPOSE 3306
CMD ["mariadbd"]
