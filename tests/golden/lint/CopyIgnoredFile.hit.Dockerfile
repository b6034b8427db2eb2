# check=experimental=CopyIgnoredFile
FROM busybox
COPY ignored.txt /
ADD ./ignored.txt kept.txt /
COPY folder/ignored.txt /
