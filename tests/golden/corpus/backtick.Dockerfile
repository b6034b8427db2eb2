# escape=`

FROM alpine
# the escape is a backtick, so that paths of Windows can be written
RUN echo one `
    # between
    && echo two\
ENV HOST_DIR=C:\Users\me SPACE="a b" TICK=```` QUOTED="say `"hi`""
LABEL path="C:\Program Files\x" dollar=`$HOME
COPY ["with blank.txt", "/data/"]
CMD echo `hello`
