FROM docker:24-cli
RUN set -eux; \
	apk add --no-cache btrfs-progs e2fsprogs iptables ip6tables pigz xz
RUN set -eux; addgroup -S dockremap; adduser -S -G dockremap dockremap; \
	echo 'dockremap:165536:65536' >> /etc/subuid; \
	echo 'dockremap:165536:65536' >> /etc/subgid
ENV DIND_COMMIT d58df1fc6c866447ce2cd129af10e5b507705624
RUN set -eux; wget -O /usr/local/bin/dind "https://raw.example.com/${DIND_COMMIT}/hack/dind"; chmod +x /usr/local/bin/dind
COPY dockerd-entrypoint.sh /usr/local/bin/
VOLUME /var/lib/docker
EXPOSE 2375 2376
ENTRYPOINT ["dockerd-entrypoint.sh"]
CMD []
