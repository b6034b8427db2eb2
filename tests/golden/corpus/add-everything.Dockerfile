FROM alpine
ADD https://example.org/file.txt /downloads/
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/a.tar.xz /
ADD --keep-git-dir=true https://github.com/example/repo.git#v1.2:sub /src
ADD git@github.com:example/repo.git /ssh
ADD --unpack=false archive.tar.gz /archives/
ADD --unpack https://example.org/b.tar.gz /unpacked
ADD --chown=1000:1000 --chmod=u=rwX,go=rX --link --exclude=*.log one two* thr?e /three/
COPY --parents ./a/./b/*.txt src/**/c.h /dest/
COPY --chmod=0755 --chown=$USER:$GROUP ["a file", "b file", "/dest dir/"]
COPY . .
