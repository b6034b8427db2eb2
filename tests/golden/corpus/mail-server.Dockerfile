FROM alpine:3.19
ARG VCS_REF
ARG BUILD_DATE
LABEL org.label-schema.build-date=$BUILD_DATE \
      org.label-schema.vcs-ref=${VCS_REF:-unknown} \
      "com.example.vendor"="ACME Incorporated"
RUN apk add --no-cache postfix dovecot supervisor && \
    postconf -e 'smtpd_banner = $myhostname ESMTP' && \
    postconf -e "mydestination = \$myhostname, localhost.\$mydomain, localhost" && \
    sed -i -e 's/^#\?\(listen\) =.*/\1 = */' /etc/dovecot/dovecot.conf
COPY <<'CONF' /etc/supervisord.conf
[supervisord]
nodaemon=true

[program:postfix]
command=/usr/sbin/postfix start-fg   ; "in front"
CONF
EXPOSE 25 143 587/tcp 4190
VOLUME ["/var/mail", "/var/spool/postfix"]
STOPSIGNAL SIGQUIT
HEALTHCHECK --start-interval=2s --start-period=20s CMD nc -z 127.0.0.1 25
CMD ["/usr/bin/supervisord", "-c", "/etc/supervisord.conf"]
