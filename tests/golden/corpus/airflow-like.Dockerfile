ARG AIRFLOW_EXTRAS="aiobotocore,amazon,async,celery"
ARG AIRFLOW_VERSION="2.8.1"
ARG BASE_IMAGE="debian:bookworm-slim"
ARG PYTHON_BASE_IMAGE="python:3.8-slim-bookworm"

FROM scratch as scripts
COPY <<"EOF" /install_os_dependencies.sh
#!/usr/bin/env bash
set -euo pipefail
if [[ "$#" != 1 ]]; then
    echo "ERROR! There should be 'runtime' or 'dev' parameter passed as argument.".
    exit 1
fi
EOF
COPY <<"EOF" /entrypoint_prod.sh
#!/usr/bin/env bash
CONNECTION_CHECK_MAX_COUNT=${CONNECTION_CHECK_MAX_COUNT:=20}
export CONNECTION_CHECK_MAX_COUNT
EOF

FROM ${PYTHON_BASE_IMAGE} as airflow-build-image
SHELL ["/bin/bash", "-o", "pipefail", "-o", "errexit", "-o", "nounset", "-o", "nolog", "-c"]
ARG PYTHON_BASE_IMAGE
ENV PYTHON_BASE_IMAGE=${PYTHON_BASE_IMAGE} \
    DEBIAN_FRONTEND=noninteractive LANGUAGE=C.UTF-8 LANG=C.UTF-8
ARG DEV_APT_DEPS=""
ENV DEV_APT_DEPS=${DEV_APT_DEPS}
COPY --from=scripts install_os_dependencies.sh /scripts/docker/
RUN bash /scripts/docker/install_os_dependencies.sh dev
ARG AIRFLOW_VERSION
ARG AIRFLOW_EXTRAS
ARG AIRFLOW_CONSTRAINTS_LOCATION="https://example.com/constraints-${AIRFLOW_VERSION}/${AIRFLOW_EXTRAS//,/-}.txt"
ENV AIRFLOW_VERSION=${AIRFLOW_VERSION}
RUN if [[ "${AIRFLOW_VERSION}" == 2.* ]]; then \
        pip install "apache-airflow[${AIRFLOW_EXTRAS}]==${AIRFLOW_VERSION}"; \
    fi; \
    find /root/.local -type d -name 'tests' -print0 | xargs -0 rm -rf || true

FROM ${PYTHON_BASE_IMAGE} as main
ARG AIRFLOW_UID="50000"
ARG AIRFLOW_HOME=/opt/airflow
LABEL org.apache.airflow.distro="debian" \
  org.apache.airflow.uid="${AIRFLOW_UID}"
ENV PATH="${AIRFLOW_HOME}/.local/bin:${PATH}" AIRFLOW_HOME=${AIRFLOW_HOME}
RUN adduser --gecos "First Last,RoomNumber,WorkPhone,HomePhone" --disabled-password \
       --quiet "airflow" --uid "${AIRFLOW_UID}" --gid "0" --home "${AIRFLOW_HOME}"
COPY --from=airflow-build-image --chown=airflow:0 "${AIRFLOW_HOME}/.local" "${AIRFLOW_HOME}/.local"
COPY --from=scripts --chmod=775 entrypoint_prod.sh /entrypoint
WORKDIR ${AIRFLOW_HOME}
EXPOSE 8080
USER ${AIRFLOW_UID}
ENTRYPOINT ["/usr/bin/dumb-init", "--", "/entrypoint"]
CMD []
