ARG TERRAFORM_VERSION=1.7.0
ARG ANSIBLE_VERSION
FROM hashicorp/terraform:${TERRAFORM_VERSION} AS terraform
FROM python:3.12-alpine AS tools
ARG ANSIBLE_VERSION=9.1.0
RUN apk add --no-cache --virtual .build-deps gcc musl-dev libffi-dev && \
    pip install --no-cache-dir ansible==${ANSIBLE_VERSION} && \
    apk del .build-deps
COPY --from=terraform /bin/terraform /usr/local/bin/terraform
COPY --from=bitnami/kubectl:1.29 /opt/bitnami/kubectl/bin/kubectl /usr/local/bin/
COPY <<-EOF /etc/ansible/ansible.cfg
	[defaults]
	host_key_checking = False
	forks = ${FORKS:-10}
	EOF
WORKDIR /work
ENTRYPOINT []
CMD ["/bin/sh"]
