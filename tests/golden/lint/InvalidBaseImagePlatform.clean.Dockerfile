FROM right-arch AS one
FROM one
FROM scratch
FROM unknown-image
FROM --platform=linux/s390x other-arch
FROM no-arch
