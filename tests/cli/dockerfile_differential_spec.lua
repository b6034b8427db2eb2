-- The same Dockerfile built by lamina and by buildah: the same files and the same configuration,
-- but for what is listed here.
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"

-- Where buildah 1.28 differs from BuildKit, whose meaning is the one kept:
--   ArgsEscaped and OnBuild's form, ports as ranges and in capitals, $$, a shell form of
--   ENTRYPOINT under another SHELL, PATH that isn't written into the image of a scratch stage.
local only_docker = { "AttachStderr", "AttachStdin", "AttachStdout", "Domainname", "Hostname",
  "Image", "OpenStdin", "StdinOnce", "Tty", "ArgsEscaped" }

local metadata = [==[
FROM scratch
ENV PATH=/bin A="one two" B='single $A' C=plain D="dollar \$A" E=back\\slash F=sp\ ace
ENV G="${A:-default}" H=${A:+"yes"} I="${MISSING:-a}x" J=
ENV M='' O="a\nb" P=a\nb Q="it's" R='say "x"' S=$A$C T="$A-$C" U=${G}
ENV legacy some  value "quoted" $C
ENV W=a=b=c X="x\"y" Y=\"z\" Z="\\" AA='\n' AB=$ AD="$"
LABEL "quoted key"="quoted value" multi="line one \
line two" json='{"a": ["b"]}' $C=$A
WORKDIR /w/../x/./y
WORKDIR z
USER "${USER_ID:-1000}:${GROUP_ID:-1000}"
EXPOSE 80 443/tcp
VOLUME ["/a", "/b c"]
VOLUME /c /d
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --retries=3 --start-period=1m CMD curl -f "http://x" || exit 1
ENTRYPOINT echo "hi" 'there'
CMD ["a", "b\"c", "é"]
SHELL ["/bin/sh", "-ec"]
ONBUILD RUN echo hi
]==]

local files = [==[
FROM scratch AS base
ADD busybox.tar /
FROM base AS build
ARG WHO=guest MODE=640
WORKDIR /src
COPY a.txt dir* ./
COPY --chown=1000:1001 --chmod=600 a.txt /owned/
COPY ["with blank", "/data/"]
COPY dir/ /new/
COPY dir /existing
RUN mkdir /existing2 && chmod 700 /existing2 && echo $WHO >who && ln -s who link \
    # between
    && touch -d @1000000000 old
COPY *.txt sub/../dir/x /existing2/
USER $WHO
WORKDIR /home/made/here
RUN id -un >/tmp/user; pwd >>/tmp/user
FROM base
COPY --from=build /src /srv
COPY --from=0 /etc/passwd /copied
COPY --from=build /src/link /existing2 /tmp/user /out/
]==]

describe("a Dockerfile and buildah", function()
  local lamina, dir, buildah

  setup(function()
    if not helper.is_root or helper.sh("command -v buildah") ~= 0 then return end
    lamina, dir = helper.store(), helper.tmpdir()
    buildah = ("buildah --root %s/b --runroot %s/r --storage-driver vfs "):format(dir, dir)
    fixtures.busybox_tar(dir .. "/c/busybox.tar")
    assert.equal(0, (helper.sh(([[cd %s/c; mkdir -p dir/deep; echo a >a.txt; echo b >b.txt
      echo x >dir/x; chmod 750 dir/deep; echo y >dir/deep/y; chmod 600 dir/deep/y
      mkdir dirty; echo z >dirty/z; echo w >'with blank'; ln -s x dir/to-x]]):format(dir))))
  end)

  teardown(function()
    if dir then helper.sh(buildah .. "rmi -a -f") end
    helper.cleanup()
  end)

  local function needs_buildah()
    if not dir then pending "buildah needs root, and has to be installed" end
  end

  local function sh(script)
    local status, out, err = helper.sh("set -e; " .. script)
    assert.equal(0, status, err)
    return out
  end

  --- Builds with both; answers lamina's image. Buildah's is "t".
  local function build_both(text)
    helper.write(dir .. "/c/Dockerfile", text)
    sh(buildah .. "build --isolation chroot --format docker -q -t t " .. dir .. "/c")
    return (lamina:ok("build", "-q", dir .. "/c"):gsub("%s", ""))
  end

  it("have the same configuration", function()
    needs_buildah()
    local id = build_both(metadata)
    local theirs = json.decode(sh(buildah .. "inspect --type image t")).Docker.config
    local ours = json.decode(lamina:ok("inspect", id))[1].Config
    theirs.Labels["io.buildah.version"] = nil
    for _, key in ipairs(only_docker) do theirs[key], ours[key] = nil, nil end
    for key, value in pairs(theirs) do
      if value == json.null then theirs[key] = nil end
    end
    assert.same(theirs, ours)
  end)

  it("have the same files", function()
    needs_buildah()
    local id, our, their = build_both(files), dir .. "/our", dir .. "/their"
    sh(("c=$(%s from t); cp -a $(%s mount $c) %s; %s rm $c"):format(buildah, buildah, their,
      buildah))
    sh(("mkdir %s; %s; %s | tar -C %s -xpf -"):format(our,
      lamina:line("run", "--name", "made", id, "true"), lamina:line("export", "made"), our))
    local listings = {}
    for i, root in ipairs { their, our } do
      listings[i] = sh("cd " .. root .. [[; find . -mindepth 1 \( -path ./dev -o -path ./proc \
        -o -path ./sys -o -path ./run \) -prune -o -printf '%p %y %m %U:%G %l ' \
        \( -type f -printf '%s ' -exec sha256sum {} \; -o -printf '\n' \) | sort]])
    end
    assert.matches("./srv/who f 644 0:0", listings[2], 1, true)
    assert.equal(listings[1], listings[2])
  end)
end)
