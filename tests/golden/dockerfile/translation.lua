-- What is shown, a Dockerfile, the recipe that it is translated into. {{ }} stands for [[ ]].
return {
  { "one stage, comments and blank lines", [==[
# syntax=docker/dockerfile:1
# A build

FROM debian:12
#no blank
RUN make

# all done
CMD ["sh"]
# end
]==], [==[
-- A build

return from "debian:12"
  -- no blank
  :run "make"

  -- all done
  :cmd { "sh" }
-- end
]==] },
  { "stages by name and number", [==[
FROM a AS build-env
RUN x
FROM b
RUN y
FROM Build-Env AS end
COPY --from=BUILD-ENV /x /
COPY --from=1 /y /
COPY --from=nginx:1 /z /
]==], [==[
local build_env = from "a"
  :run "x"

local stage_1 = from "b"
  :run "y"

local end_stage = from(build_env)
  :copy("/x", "/", { from = build_env })
  :copy("/y", "/", { from = stage_1 })
  :copy("/z", "/", { from = "nginx:1" })

return { ["build-env"] = build_env, ["1"] = stage_1, ["end"] = end_stage, default = "end" }
]==] },
  { "arguments before the first stage (SEMANTICS 17)", [==[
ARG V=1 W
ARG IMAGE=debian:$V
FROM --platform=$BUILDPLATFORM ${IMAGE}-slim AS a
ARG V
FROM x:${W:-9}
]==], [==[
local V = arg("V", "1")
local W = arg "W"
local IMAGE = arg("IMAGE", "debian:" .. V)
local BUILDPLATFORM = arg "BUILDPLATFORM"

local a = from(IMAGE .. "-slim", { platform = BUILDPLATFORM })
  :arg "V"

local stage_1_base = expand("x:${W:-9}", { W = W })

local final = from(stage_1_base)

return { a = a, default = final }
]==] },
  { "a stage that an argument chooses", [==[
ARG KIND
FROM a AS base-one
FROM b AS other
FROM base-$KIND
]==], [==[
local KIND = arg "KIND"

local base_one = from "a"

local other = from "b"

local named = { ["base-one"] = base_one }

local final = from(named["base-" .. (KIND or "")] or "base-" .. (KIND or ""))

return { ["base-one"] = base_one, other = other, default = final }
]==] },
  { "commands over several lines", [==[
FROM a
RUN one && \
    # between
    two "three" \
 && four
RUN a\
b
]==], [==[
return from "a"
  -- between
  :run "one &&     \z
        two \"three\"  \z
        && four"
  :run "a\z
        b"
]==] },
  { "texts", [==[
FROM a
RUN echo "a"
RUN echo "a" 'b'
RUN echo \$x
RUN echo [[ ]] "\n"
CMD ["\ttab", "it's", "\u202e"]
]==], [==[
return from "a"
  :run 'echo "a"'
  :run {{echo "a" 'b'}}
  :run {{echo \$x}}
  :run [=[echo [[ ]] "\n"]=]
  :cmd { "\ttab", "it's", "\xe2\x80\xae" }
]==] },
  { "quotes and escapes of words", [==[
FROM a
ENV A="b c" D='$e' F=\$g H=$A/x I="${A:-'j'}"
LABEL z=1 y="it's"
WORKDIR "/a b"
USER $U
]==], [==[
return from "a"
  :env { A = "b c", D = {{\$e}}, F = {{\$g}}, H = "$A/x", I = "${A:-j}" }
  :label { { "z", "1" }, { "y", "it's" } }
  :workdir "/a b"
  :user "$U"
]==] },
  { "heredocs", [==[
FROM a
RUN <<EOF
one
 two
EOF
RUN <<EOF
#!/bin/sh
three
EOF
RUN <<EOF
EOF
RUN cat <<EOF >x
$four
EOF
COPY <<A <<'B' c /d/
$x "y" \$z
A
$w
B
COPY <<'E' /e
$v
E
]==], [==[
return from "a"
  :run {{
one
 two
}}
  :run({{
#!/bin/sh
three
}}, { script = "EOF" })
  :run ""
  :run {{
cat <<EOF >x
$four
EOF}}
  :copy({ "c", A = {{
$x "y" \$z
}}, B = {{
\$w
}} }, "/d/", { expand = true })
  :copy({ E = {{
$v
}} }, "/e")
]==] },
  { "everything else", [==[
FROM a
ARG A=1 B
ARG C
SHELL ["/bin/bash", "-c"]
ENTRYPOINT ["x", "y"]
EXPOSE 80 90/udp
VOLUME ["/a", "/b c"]
STOPSIGNAL SIGINT
MAINTAINER me <me@x>
ONBUILD RUN make
HEALTHCHECK --interval=5s --start-period=1m --retries=3 CMD ["true"]
HEALTHCHECK NONE
CMD []
ADD --checksum=sha256:1 --chown=1:2 --link https://x/y /z
RUN --mount=type=cache,target=/c,mode=755 --network=none make
RUN ["a", "b"]
]==], [==[
return from "a"
  :arg { { "A", "1" }, "B" }
  :arg "C"
  :shell { "/bin/bash", "-c" }
  :entrypoint { "x", "y" }
  :expose("80", "90/udp")
  :volume("/a", "/b c")
  :stopsignal "SIGINT"
  :maintainer "me <me@x>"
  :onbuild "RUN make"
  :healthcheck({ "true" }, { interval = "5s", start_period = "1m", retries = 3 })
  :healthcheck(false)
  :cmd {}
  :add("https://x/y", "/z", { chown = "1:2", checksum = "sha256:1", link = true })
  :run("make", { mounts = { cache("/c", { mode = "0755" }) }, network = "none" })
  :run { "a", "b" }
]==] },
  { "flags of COPY and ADD (SEMANTICS 52, 53, 57-59, 61)", [==[
FROM a
COPY --chown=me:you --chmod=u+x,go= --link --parents a/b c /d/
COPY --chmod=0755 --exclude=*.md --exclude=x/** . ./
COPY --link=false a "$HOME/b"
COPY --parents --exclude=c/d ./a/./b*/./c /d/
ADD --checksum=sha256:1 --unpack=true https://x/y.tar /z/
ADD --keep-git-dir=true https://x/y.git#v1 /src
ADD --unpack=false y.tar /z
]==], [==[
return from "a"
  :copy({ "a/b", "c" }, "/d/", { chown = "me:you", chmod = "u+x,go=", link = true, parents = true })
  :copy(".", "./", { chmod = "0755", exclude = { "*.md", "x/**" } })
  :copy("a", "$HOME/b", { link = false })
  :copy("./a/./b*/./c", "/d/", { parents = true, exclude = "c/d" })
  :add("https://x/y.tar", "/z/", { checksum = "sha256:1", unpack = true })
  :add("https://x/y.git#v1", "/src", { keep_git_dir = true })
  :add("y.tar", "/z", { unpack = false })
]==] },
  { "triggers of a stage, where another one builds on it (SEMANTICS 40)", [==[
FROM a AS b
ONBUILD RUN x
FROM b AS c
RUN y
FROM c
]==], [==[
local b = from "a"
  :onbuild "RUN x"

local c = from(b)
  -- ONBUILD in line 2
  :run "x"
  :run "y"

local final = from(c)

return { b = b, c = c, default = final }
]==] },
  { "triggers of stages that an argument chooses", [==[
ARG K
FROM a AS s-one
ONBUILD RUN x
ONBUILD COPY --from=0 y /
FROM b AS s-two
FROM --platform=linux/amd64 s-$K
RUN z
]==], [==[
local K = arg "K"

local s_one = from "a"
  :onbuild "RUN x"
  :onbuild "COPY --from=0 y /"

local s_two = from "b"

local named = {
  ["s-one"] = from(s_one)
    :run "x"
    :copy("y", "/", { from = s_one }),
  ["s-two"] = from(s_two),
}

local final = (named["s-" .. (K or "")] or from("s-" .. (K or ""), { platform = "linux/amd64" }))
  :run "z"

return { ["s-one"] = s_one, ["s-two"] = s_two, default = final }
]==] },
  { "a stage called default, and stages of one name", [==[
FROM a AS default
FROM b AS x
FROM c AS x
FROM d
]==], [==[
local default = from "a"

local x = from "b"

local x_2 = from "c"

local final = from "d"

return { ["0"] = default, ["1"] = x, x = x_2, default = final }
]==] },
  { "names that Lua or the recipe language has", [==[
ARG from=a
FROM $from AS image
FROM image AS git
FROM git AS repeat
]==], [==[
local from_arg = arg("from", "a")

local image_stage = from(from_arg)

local git_stage = from(image_stage)

local repeat_stage = from(git_stage)

return { image = image_stage, git = git_stage, ["repeat"] = repeat_stage, default = "repeat" }
]==] },
  { "options of mounts that do nothing", [==[
FROM a
RUN --mount=type=tmpfs,target=/t,rw,id=x,source=/y,from=b x
RUN --mount=type=secret,id=s,ro --mount=type=ssh,readonly,source=/y,from=b x
RUN --mount=target=/b,id=x,ro x
]==], [==[
return from "a"
  :run("x", { mounts = { tmpfs "/t" } })
  :run("x", { mounts = { secret { id = "s" }, ssh {} } })
  :run("x", { mounts = { bind("/b", { readonly = true }) } })
]==] },
}
