FROM eclipse-temurin:17-jdk AS jre-build
RUN if [ "$(uname -m)" != "x86_64" ]; then echo "other"; fi; \
  jlink \
    --add-modules ALL-MODULE-PATH \
    --output /javaruntime

FROM debian:bookworm-20240110
ARG VERSION=3206
ARG user=jenkins
ARG group=jenkins
ARG uid=1000
ARG gid=1000

RUN groupadd -g ${gid} ${group} && useradd -c "User" -d /home/${user} -u ${uid} -g ${gid} -m ${user}
LABEL Description="This is a base image" Vendor="Somebody" Version="${VERSION}"

ARG AGENT_WORKDIR=/home/${user}/agent
ENV AGENT_WORKDIR=${AGENT_WORKDIR}
ENV JAVA_HOME=/opt/java/openjdk
ENV PATH "${JAVA_HOME}/bin:${PATH}"
COPY --from=jre-build /javaruntime $JAVA_HOME
USER ${user}
RUN mkdir /home/${user}/.jenkins && mkdir -p ${AGENT_WORKDIR}
VOLUME /home/${user}/.jenkins
VOLUME ${AGENT_WORKDIR}
WORKDIR /home/${user}
