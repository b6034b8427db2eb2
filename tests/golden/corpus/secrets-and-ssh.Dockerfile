# syntax=docker/dockerfile:1
FROM alpine AS fetch
RUN apk add --no-cache git openssh-client
RUN mkdir -p -m 0700 ~/.ssh && ssh-keyscan example.com >> ~/.ssh/known_hosts
RUN --mount=type=ssh,id=default git clone git@example.com:org/private.git /src
RUN --mount=type=secret,id=netrc,target=/root/.netrc,mode=0400,required \
    --mount=type=secret,id=token,env=API_TOKEN \
    curl -n -H "Authorization: $API_TOKEN" https://example.com/x -o /x
FROM alpine
COPY --from=fetch /src /src
RUN --security=sandbox --network=none make -C /src
RUN --network=host --mount=from=fetch,source=/x,target=/mnt/x cp /mnt/x /y
