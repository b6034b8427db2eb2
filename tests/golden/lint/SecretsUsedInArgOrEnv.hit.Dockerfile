FROM busybox
ARG GITHUB_TOKEN
ENV PASSWORD=x other=1
ENV api_key=1 db_passwd=2
