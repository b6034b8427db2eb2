# syntax = docker/dockerfile:1.4
FROM gradle:8-jdk21-alpine AS build
WORKDIR /home/gradle/src
COPY --chown=gradle:gradle build.gradle.kts settings.gradle.kts ./
COPY --chown=gradle:gradle gradle ./gradle
RUN --mount=type=cache,target=/home/gradle/.gradle/caches gradle dependencies --no-daemon
COPY --chown=gradle:gradle . .
RUN --mount=type=cache,target=/home/gradle/.gradle/caches \
    --mount=type=secret,id=gradle.properties,target=/home/gradle/.gradle/gradle.properties \
    gradle build --no-daemon -x test

FROM eclipse-temurin:21 AS jre
RUN $JAVA_HOME/bin/jlink \
         --add-modules java.base,java.logging,java.net.http \
         --strip-debug --no-man-pages --no-header-files --compress=2 \
         --output /javaruntime

FROM gcr.io/distroless/base-debian12:nonroot
ENV JAVA_HOME=/opt/java/openjdk
ENV PATH "${JAVA_HOME}/bin:${PATH}"
COPY --from=jre /javaruntime $JAVA_HOME
COPY --from=build --chmod=0444 /home/gradle/src/build/libs/*.jar /app/app.jar
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]
