-- Dockerfiles that lamina and buildah build alike: what is compared, the Dockerfile, and
--
--   args      words of the command line for both
--   ignore    what the ignore file says
--   plain     the same for a buildah that is older than heredocs
--   theirs    members of the configuration that aren't compared
--   less      files that aren't compared; README.md here has the reasons
-- The context is made by differential_spec.lua.
return {
  { "files, directories and destinations", [[
FROM busybox
COPY a.txt /new/
COPY a.txt /new/name
COPY dir /whole
COPY dir/ /whole2/
COPY dir /whole3/.
COPY a.txt b.txt /both/
WORKDIR /here
COPY a.txt .
COPY a.txt ./c.txt
COPY dir ./
COPY a.txt /a/b/c/d
]] },
  { "patterns", [[
FROM busybox
COPY *.txt /text/
COPY ?.txt /one/
COPY [ab].txt /class/
COPY [^a].txt /negated/
COPY dir/* /below/
COPY d*/x /deep/
COPY tree*/ /trees/
COPY . /dot/
]] },
  { "paths that leave the context or begin with a slash", [[
FROM busybox
COPY /a.txt ./b.txt /r/
COPY ../a.txt /s/
COPY dir/../a.txt dir//x /t/
COPY /dir/deep/ /u
]] },
  { "names with blanks and the JSON form", [[
FROM busybox
COPY ["with blank", "/x y/"]
COPY ["a.txt", "b.txt", "/z/"]
]] },
  { "owners and modes", [[
FROM busybox
COPY --chown=1000:1001 a.txt /n/
COPY --chown=1000 dir /id
COPY --chown=guest a.txt /name/
COPY --chown=guest:extra dir /names
COPY --chmod=600 a.txt /mode
COPY --chown=7:8 --chmod=4755 a.txt /both
]] },
  { "directories that are there", [[
FROM busybox
RUN mkdir -p /there/deep /there/other && chmod 700 /there /there/deep && chown 5:6 /there
RUN echo old >/there/x && echo kept >/there/kept
COPY dir /there
COPY a.txt /there/deep/
]] },
  { "links among the sources", [[
FROM busybox
COPY links /links
COPY links/to-x /followed
COPY links/to-dir/x /through
]] },
  { "from stages: owners, modes, links", [[
FROM busybox AS made
RUN mkdir -p /out/sub && echo 1 >/out/file && chown 3:4 /out/file && chmod 640 /out/file \
 && chown 5 /out/sub && chmod 1770 /out/sub && ln -s file /out/link && ln /out/file /out/hard \
 && echo x >/out/sub/x && chmod 4711 /out/sub/x
FROM busybox
COPY --from=made /out /out
COPY --from=0 /out/file /out/link /single/
COPY --from=made /out/sub/ /sub
COPY --from=made --chown=9:9 /out/sub /owned
COPY --from=busybox /etc/passwd /from-image
]] },
  { "archives", [[
FROM busybox
ADD tree.tar /plain/
ADD tree.tar.gz /gzip
ADD tree.tar.xz /xz/
ADD no.tar.gz /kept/
ADD a.txt dir /files/
COPY tree.tar /copied/
ADD tree.tar.gz tree.tar /mixed/
]] },
  { "an archive as the root of a scratch stage", "FROM scratch\nADD tree.tar /\nCMD [\"/t/f\"]\n",
    theirs = { "Env", "WorkingDir" } },
  { "forms of ENV", [[
FROM busybox
ENV A=1 B="two words" C='single' D=esc\ aped E=back\\slash F=
ENV old style  value
ENV G="a\"b" H='a"b' I=a=b=c J="it's"
ENV A=changed K=$A L="${A}x" M='$A' N=\$A
ENV PATH=/opt/bin:$PATH
RUN env | grep -E '^([A-Z]|old)=' | sort >/env
]], less = {} },
  { "further forms of ENV", [[
FROM busybox
ENV A="one two" B='single $A' C=plain D="dollar \$A" E=back\\slash F=sp\ ace
ENV G="${A:-default}" H=${A:+"yes"} I="${MISSING:-a}x" J=
ENV M='' O="a\nb" P=a\nb Q="it's" R='say "x"' S=$A$C T="$A-$C" U=${G}
ENV legacy some  value "quoted" $C
ENV W=a=b=c X="x\"y" Y=\"z\" Z="\\" AA='\n' AB=$ AD="$"
LABEL "quoted key"="quoted value" json='{"a": ["b"]}' $C=$A
]] },
  { "one snapshot of the environment for each line", [[
FROM busybox
ENV a=1
ENV a=2 b=$a
ENV c=$a$b
RUN echo "$a $b $c" >/values
]] },
  { "operators of variables", [[
FROM busybox
ENV set=value empty=
ENV A=${set:-no} B=${empty:-no} C=${unset:-no} D=${set:+yes} E=${empty:+yes} F=${unset:+yes}
ENV G=${unset:-$set} H="${unset:-two words}" I=${set}${unset}
LABEL "$set"="$A" x=${C}y
]] },
  { "scopes of arguments", [[
ARG TAG=latest
ARG GLOBAL=global
FROM busybox:${TAG} AS one
ARG GLOBAL
ARG LOCAL=local
ARG GIVEN=default
ARG NONE
RUN echo "$GLOBAL $LOCAL $GIVEN [$NONE] $TAG" >/one
FROM busybox
ARG LOCAL
ENV KEPT=${GLOBAL:-gone}${LOCAL:-away}
COPY --from=one /one /one
RUN echo "$KEPT" >/two
]], args = { "--build-arg", "GIVEN=given", "--build-arg", "TAG=latest" } },
  { "working directories", [[
FROM busybox
WORKDIR /a
WORKDIR b/../c
RUN pwd >where
WORKDIR /made/deep
ENV DIR=/from
WORKDIR $DIR/env
RUN pwd >where
WORKDIR /tmp
]] },
  { "users", [[
FROM busybox
USER guest
RUN id >/tmp/guest && touch /tmp/file
USER 1000:1001
RUN id -u >/tmp/ids && id -g >>/tmp/ids
USER 4242
RUN id -u >/tmp/number
ARG WHO=root
USER $WHO
RUN id -un >/tmp/root
USER guest:extra
]] },
  { "commands in both forms", [[
FROM busybox
ENTRYPOINT ["/bin/echo", "a b", "\"c\""]
CMD ["d", "$HOME"]
]] },
  { "a shell form of both", "FROM busybox\nCMD echo $HOME \"x y\"\nENTRYPOINT exec echo it\\'s\n" },
  { "an entrypoint that drops the command of the base", [[
FROM busybox AS below
CMD ["below"]
FROM below
ENTRYPOINT ["/bin/echo"]
]] },
  { "commands that are replaced", [[
FROM busybox
CMD a
CMD ["b"]
ENTRYPOINT ["x"]
ENTRYPOINT ["y", "z"]
]] },
  { "volumes", [[
FROM busybox
RUN mkdir /vol && echo in >/vol/before
VOLUME /vol ["a"
VOLUME ["/json", "/with blank"]
VOLUME $HOME/x /y
]], less = { ["./x"] = true, ["./y"] = true } },
  { "ports", "FROM busybox\nENV P=8080\nEXPOSE 80\nEXPOSE 443/tcp 53/udp $P\n" },
  { "labels", [[
FROM busybox
LABEL a=1 b="two words" "c d"='e f'
LABEL multi="one \
two" a=changed
LABEL old style label
LABEL com.example/x.y-z=${NONE:-default}
]], args = { "--label", "last=given", "--label", "b=given" } },
  { "health checks", [[
FROM busybox
HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=5s --retries=4 \
  CMD wget -q http://localhost/ || exit 1
]] },
  { "a health check in the JSON form", "FROM busybox\nHEALTHCHECK CMD [\"/bin/true\", \"x\"]\n" },
  { "no health check", "FROM busybox\nHEALTHCHECK CMD true\nHEALTHCHECK NONE\n" },
  { "another shell", [[
FROM busybox
SHELL ["/bin/sh", "-e", "-u", "-c"]
RUN echo $0 $- | grep -c e >/flags; echo "a  b" >/x
CMD echo hi
]], theirs = { "Cmd" } },
  { "a signal", "FROM busybox\nSTOPSIGNAL SIGUSR1\nSTOPSIGNAL 9\n" },
  { "triggers of an image", [[
FROM triggers
RUN cat /triggered >/after
]] },
  { "triggers for later", "FROM busybox\nONBUILD COPY . /app\nONBUILD RUN make  $X\n" },
  { "stages on stages", [[
FROM busybox AS one
ENV A=1
WORKDIR /one
RUN echo $A >file
FROM one AS two
RUN cat file >copy
CMD ["two"]
FROM busybox AS unused
RUN false
FROM two
COPY --from=one /one/file /file
COPY --from=1 /one/copy /copy
]] },
  { "a target", "FROM busybox AS a\nENV IS=a\nFROM busybox AS b\nRUN exit 1\n",
    args = { "--target", "a" } },
  { "continued lines, comments, case", [[
# escape=`
from busybox
run echo a `
# a comment
    b   `

    c >/x
  Run echo \ >/y
eNv A=`
1 B=b
]] },
  { "files that are removed and replaced", [[
FROM busybox
RUN mkdir -p /d/sub /e && echo 1 >/d/f && echo 1 >/d/sub/g && echo 1 >/e/h && ln -s d /l
RUN rm -r /d/sub /etc/group && rm /l && mkdir /l && echo 2 >/l/x && rm -r /e && echo 3 >/e
RUN rm -r /d && mkdir /d && touch /d/only
]] },
  { "special modes and hard links", [[
FROM busybox
RUN echo 1 >/s && chmod 6755 /s && ln /s /t && mkdir -m 2775 /g && mkdir -m 1777 /k && mkfifo /p \
 && chown 1:2 /g && ln -s /nowhere /dangling
]] },
  { "an ignore file", "FROM busybox\nCOPY . /all/\nCOPY dir /dir/\n",
    ignore = "# comment\n*.txt\n!b.txt\ndir/deep\n**/*.tar*\nlinks/\n/with?blank\n!dir/deep/y\n",
    less = { ["./all/dir/deep"] = true, ["./dir/deep"] = true } },
  { "an ignore file that takes back what is in a directory", "FROM busybox\nCOPY . /all/\n",
    ignore = "*\n!dir/deep\n!tree2\ntree2/sub/g\n!*.txt\n" },
  { "heredocs", [[
FROM busybox
ENV WHO=me
RUN <<EOF
echo one >/one
echo "two $WHO" >>/one
EOF
COPY <<file <<'raw' /docs/
to $WHO \$x
file
to $WHO
raw
COPY <<-EOF /tabs
	tab
	EOF
]], plain = [[
FROM busybox
ENV WHO=me
RUN echo one >/one && echo "two $WHO" >>/one
COPY heredoc/file heredoc/raw /docs/
COPY heredoc/tabs /tabs
]] },
}
