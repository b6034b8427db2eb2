FROM other-arch
FROM --platform=linux/amd64 right-arch
