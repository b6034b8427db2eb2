# syntax=docker/dockerfile:1
FROM alpine AS tools
RUN apk add git openssh-client
FROM tools
ARG UID=1000
RUN --mount=type=ssh git clone git@example.org:a/b.git /src
RUN --mount=type=ssh,id=other,mode=0600,uid=$UID,gid=${UID},required true
RUN --mount=type=bind,source=.,target=/ctx,rw --mount=from=tools,src=/etc,dst=/tools-etc ls /ctx
RUN --mount=type=cache,target=/var/cache/apk,sharing=locked,id=apk-$UID,from=tools,mode=0755 \
    --mount=type=tmpfs,target=/tmp,size=64m \
    --mount=type=secret,id=token,env=TOKEN \
    --mount=type=secret,source=file.pem,target=/run/file.pem \
    --mount=type=secret,target=/run/secrets/third \
    --mount="type=bind,\"source=a,b\",target=/with comma",readonly=false \
    make "$TOKEN"
RUN --network=host --security=insecure --mount=type=tmpfs,target=/scratch true
