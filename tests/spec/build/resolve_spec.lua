local carried = require "lamina.dockerfile.carried"
local failure = require "lamina.util.failure"
local resolve = require "lamina.build.resolve"
local sched = require "lamina.util.sched"
local stack = require "lamina.build.stack"

local platform = { os = "linux", architecture = "amd64" }
local path_variable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

--- A base image as the store answers it.
local function base(config, more)
  local image = { config = { os = "linux", architecture = "amd64", config = config or {},
    history = { { created_by = "base" } } }, layers = { "sha256:" .. ("1"):rep(64) } }
  for key, value in pairs(more or {}) do image.config[key] = value end
  return image
end

local function store_with(image)
  return { images = { resolve = function(_, ref)
    return image or failure.raise("not-found", ("no image '%s'"):format(ref))
  end } }
end

--- Chains steps: the first is a source, each further one continues the one before it.
local function plan_of(steps)
  for i, step in ipairs(steps) do
    step.id, step.line, step.file = i, i, "recipe.lua"
    if i > 1 and step.input == nil then step.input = i - 1 end
  end
  return { version = 1, steps = steps, default = "default",
    targets = { { name = "default", step = #steps, names = {} } } }
end

local function options(more)
  local all = { args = {}, allow = {}, platform = platform, context = "/nowhere",
    keeper = { need = function() end } }
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

--- The state that steps lead to, on scratch or on an image.
local function state_of(steps, image, more)
  table.insert(steps, 1, image and { op = "image", ref = "base" } or { op = "scratch" })
  local plan = plan_of(steps)
  return resolve.graph(plan, plan.targets[1], store_with(image), options(more)).state
end

local function history(state)
  local list = {}
  for i, item in ipairs(state:past()) do list[i] = item.entry.created_by end
  return list
end

describe("lamina.build.resolve", function()
  it("starts scratch with PATH and / (SEMANTICS 28)", function()
    local state = state_of {}
    assert.same({ path_variable }, state.config.Env)
    assert.equal("/", state.config.WorkingDir)
    assert.equal("", stack.chain(state.layers))
  end)

  it("inherits a base's configuration whole, less triggers and time (SEMANTICS 42)", function()
    local image = base({ Env = { "A=1" }, Cmd = { "sh" }, User = "me", Strange = 7 })
    local state = state_of({}, image)
    assert.same({ "A=1", path_variable }, state.config.Env)
    assert.same({ "sh" }, state.config.Cmd)
    assert.equal(7, state.config.Strange)
    assert.same({ "base" }, history(state))
  end)

  it("carries out a base's triggers first, and forgets them (SEMANTICS 40)", function()
    local image = base { OnBuild = { "ENV A=1 B=$B", "RUN make \\\n all", "COPY <<E /x\n$A\nE" },
      Env = { "B=2" } }
    local state = sched.run(state_of, { { op = "env", pairs = { { "C", "$A" } } } }, image)
    assert.same({ "B=2", path_variable, "A=1", "C=1" }, state.config.Env)
    assert.is_nil(state.config.OnBuild)
    assert.same({ "base", "ENV A=1 B=2", "RUN /bin/sh -c make  all # buildkit",
      "COPY <<E /x # buildkit", "ENV C=1" }, history(state))
    assert.is_nil((state_of({}, base { OnBuild = {} })).config.OnBuild)
  end)

  it("lets a trigger's ARG have the recipe's own value, or the given one (SEMANTICS 40)", function()
    local image = base { OnBuild = { "ARG V W", "ENV A=$V B=${W-unset}" } }
    local function variables_of(args)
      local plan = plan_of { { op = "image", ref = "base" } }
      plan.declared = { { "V", "$mine" } }
      local state = sched.run(resolve.graph, plan, plan.targets[1], store_with(image),
        options { args = args }).state
      return { state:variable "A", state:variable "B" }
    end
    assert.same({ "$mine", "unset" }, variables_of {})
    assert.same({ "given", "w" }, variables_of { V = "given", W = "w" })
  end)

  --- Triggers of users' own instructions, with the file that knows them.
  local function says(...)
    local files = { { name = "say.lua", text = [==[
instruction("say", { heredocs = true, args = "list", flags = { { name = "to" } },
  apply = function(stage, call)
    if call.args[1] == "no" then call.fail("not that", "say yes") end
    if call.args[1] == "break" then return stage.x.y end
    local more = call.heredocs[1] and call.heredocs[1].content or ""
    return stage:label { [call.flags.to or "said"] = table.concat(call.args, "|") .. more }
  end })]==] } }
    local list = {}
    for i, text in ipairs { ... } do
      list[i] = text:find("^SAY") and carried.write(files, text) or text
    end
    return base { OnBuild = list, Env = { "WHO=me you" } }
  end

  it("expands the words of users' own triggers with what is known where they run", function()
    local image = says("SAY --to=$WHO.x a $WHO ${NO-none}", "ARG V", "SAY --to=$V <<E\nv: $V\nE",
      "ENV WHO=other", "SAY --to=last $WHO $PATH")
    local labels = sched.run(state_of, {}, image, { args = { V = "given" } }).config.Labels
    assert.same({ ["me you.x"] = "a|me|you|none", given = "v: given\n",
      last = "other|" .. path_variable:sub(6) }, labels)
  end)

  it("finds the files of a trigger by their names, before those that come with lamina", function()
    local function labels(name, more)
      return ([[instruction("%s", { apply = function(stage) %s
        return stage:label { %s = "carried" } end })]]):format(name, more or "", name)
    end
    local files = {
      { name = "one.lua", text = 'require "sub.two" use "apt"\n'
        .. labels("one", "stage = stage:two():apt()") },
      { name = "sub/two.lua", text = labels "two" .. ' use "./three.lua"' },
      { name = "three.lua", text = labels "three" },
      { name = "instructions/apt.lua", text = labels "apt" },
    }
    local image = base { OnBuild = { carried.write(files, "ONE $X"), carried.write(files, "THREE"),
      carried.write({ files[3] }, "THREE $X") } }
    assert.same({ one = "carried", two = "carried", three = "carried", apt = "carried" },
      sched.run(state_of, {}, image).config.Labels)
  end)

  it("tells where users' own triggers are wrong: their own file, the trigger's number, the step",
    function()
    local step = 'step 1 (from "base"), recipe.lua:1: ONBUILD of the image: '
    for text, expected in pairs {
      ["SAY no"] = { "ONBUILD:2: " .. step .. "say: not that", "say yes" },
      ["SAY break"] = { "say.lua:4: " .. step .. "a stage has no method 'x'",
        "say is used in ONBUILD:2" },
      ["SAY --tu=1"] = { "ONBUILD:2: " .. step .. "unknown flag '--tu'",
        "did you mean '--to'?" },
      ["SAY <<E"] = { "ONBUILD:2: " .. step .. "the heredoc 'E' doesn't end",
        "a line with nothing but E ends it" },
      ["SAY ${WHO:?} ${X:?none}"] = { "ONBUILD:2: " .. step .. "X: none" },
      ["SAY $WHO\nRUN x"] = { "ONBUILD:2: " .. step .. "each of them has to be one instruction" },
    } do
      local ok, err = pcall(sched.run, state_of, {}, says("ENV A=1", text))
      assert.is_false(ok)
      local hint = type(err.hint) == "table" and err.hint[1] or err.hint
      assert.same(expected, { tostring(err), hint })
    end
    local ok, err = pcall(sched.run, state_of, {}, base { OnBuild = { "SAY x" } })
    assert.same({ false, "ONBUILD:1: " .. step .. "unknown instruction 'SAY'" },
      { ok, tostring(err) })
  end)

  it("believes no file that a trigger brings more than a recipe", function()
    local function refused(name, text, instruction)
      local trigger = carried.write({ { name = name, text = text } }, instruction or "SAY x")
      local ok, err = pcall(sched.run, state_of, {}, base { OnBuild = { trigger } })
      assert.is_false(ok)
      assert.is_true(failure.is(err), tostring(err))
      return tostring(err)
    end
    for text, expected in pairs {
      ["os.exit(1)"] = "unknown name 'os'",
      ['require "other"'] = "there is no folder beside the recipe",
      ['use "/etc/passwd"'] = "is no Lua file beside the recipe",
      ["while true do end"] = "instructions", ["\27Lua"] = "binary chunk",
      ["x = = 1"] = "unexpected symbol", [""] = "unknown instruction 'SAY'",
      ['instruction("run", { apply = print })'] = "'run' is built in",
    } do
      assert.matches(expected, refused("x.lua", text), 1, true)
    end
    assert.matches("unknown name 'os'", refused('"]] .. os.exit() --', "os.exit(1)"), 1, true)
  end)

  it("lets triggers copy from stages of the plan, needed or not (SEMANTICS 40)", function()
    local plan = plan_of {
      { op = "scratch", input = false }, { op = "env", pairs = { { "A", "1" } } },
      { op = "workdir", path = "/w" }, { op = "scratch", input = false },
      { op = "image", ref = "base", input = false },
    }
    plan.steps[5].input = nil
    plan.targets = { { name = "Made", step = 3, names = {} }, { name = "1", step = 4, names = {} },
      { name = "default", step = 5, names = {} } }
    plan.default = "default"
    local function graph_of(trigger)
      local store = store_with(base { OnBuild = { trigger } })
      return sched.run(resolve.graph, plan, plan.targets[3], store, options())
    end
    for _, name in ipairs { "made", "0" } do
      local graph = graph_of("COPY --from=" .. name .. " /w /x")
      assert.equal("/w", graph.vertices[1].params.path)
      assert.equal(graph.vertices[1], graph.vertices[2].uses[1].source.layers.layer)
      assert.equal(2, #graph.vertices)
    end
    assert.is_nil(graph_of("COPY --from=1 /w /x").vertices[1].uses[1].source.layers)
    for _, number in ipairs { "2", "3" } do
      local ok, err = pcall(graph_of, "COPY --from=" .. number .. " /w /x")
      assert.is_false(ok)
      assert.matches("there is no stage " .. number .. " before this one", tostring(err), 1, true)
    end
  end)

  it("leaves triggers alone where an image is only copied from", function()
    local plan = plan_of {
      { op = "image", ref = "x", files_only = true }, { op = "scratch", input = false },
      { op = "copy", sources = { "a" }, destination = "/", from = 1 },
    }
    local store = store_with(base { OnBuild = { "NONSENSE" } })
    assert.is_truthy(resolve.graph(plan, plan.targets[1], store, options()))
  end)

  it("refuses triggers that can't be", function()
    for text, message in pairs {
      ["FROM x"] = "FROM isn't possible there", ["# nothing"] = "one instruction",
      ["RUN a\nRUN b"] = "one instruction", ["NONSENSE"] = "unknown instruction 'NONSENSE'",
    } do
      local ok, err = pcall(sched.run, state_of, {}, base { OnBuild = { text } })
      assert.is_false(ok)
      assert.is_true(failure.is(err, "invalid-input"), tostring(err))
      assert.matches(message, err.message, 1, true)
      assert.matches('step 1 (image "base"), recipe.lua:1: ONBUILD of the image: ',
        (tostring(err):gsub("from", "image")), 1, true)
    end
  end)

  it("expands one instruction with what was known before it (SEMANTICS 20)", function()
    local state = state_of {
      { op = "env", pairs = { { "a", "1" } } },
      { op = "env", pairs = { { "a", "2" }, { "b", "$a" } } },
    }
    assert.equal("2", state:variable("a"))
    assert.equal("1", state:variable("b"))
    assert.same({ "ENV a=1", "ENV a=2 b=1" }, history(state))
  end)

  it("expands late: with the environment of the base image", function()
    local state = state_of({ { op = "env", pairs = { { "PATH", "/opt:$PATH" } } } },
      base { Env = { "PATH=/bin" } })
    assert.same({ "PATH=/opt:/bin" }, state.config.Env)
  end)

  it("keeps a variable's place in the list when it changes (SEMANTICS 29)", function()
    local state = state_of({ { op = "env", pairs = { { "A", "2" }, { "C", "3" } } } },
      base { Env = { "A=1", "PATH=/bin" } })
    assert.same({ "A=2", "PATH=/bin", "C=3" }, state.config.Env)
  end)

  it("gives an argument the caller's value, else its default, else none (SEMANTICS 18)", function()
    local function steps()
      return { { op = "arg", name = "X", default = "def" }, { op = "arg", name = "Y" } }
    end
    local state = state_of(steps())
    assert.equal("def", state:variable("X"))
    assert.is_nil(state:variable("Y"))
    assert.same({ "ARG X=def", "ARG Y" }, history(state))
    assert.equal("mine", state_of(steps(), nil, { args = { X = "mine" } }):variable("X"))
    assert.same({ path_variable }, state.config.Env)
  end)

  it("knows the platform's arguments once they are declared (SEMANTICS 19)", function()
    assert.equal("amd64", state_of({ { op = "arg", name = "TARGETARCH" } }):variable("TARGETARCH"))
    assert.is_nil(state_of({}):variable("TARGETARCH"))
  end)

  it("lets the later of ARG and ENV win in commands, ENV in the image (SEMANTICS 21)", function()
    local state = state_of {
      { op = "env", pairs = { { "V", "env" } } }, { op = "arg", name = "V", default = "arg" },
    }
    assert.equal("arg", state:variable("V"))
    assert.equal("V=env", state.config.Env[2])
    assert.equal("env", state_of({ { op = "arg", name = "V", default = "arg" },
      { op = "env", pairs = { { "V", "env" } } } }):variable("V"))
  end)

  it("joins working directories and cleans them (SEMANTICS 34)", function()
    local state = state_of {
      { op = "workdir", path = "/a/./b" }, { op = "workdir", path = "../c" },
    }
    assert.equal("/a/c", state.config.WorkingDir)
    assert.equal(2, state.layers.count)
    assert.same({ "WORKDIR /a/b", "WORKDIR /a/c" }, history(state))
    assert.is_nil(state_of({ { op = "workdir", path = "/" } }).layers)
  end)

  it("drops an inherited CMD with ENTRYPOINT, but not the stage's own (SEMANTICS 30)", function()
    local image = base { Cmd = { "sh" } }
    assert.is_nil(state_of({ { op = "entrypoint", exec = { "/e" } } }, image).config.Cmd)
    local own = state_of({ { op = "cmd", exec = { "x" } }, { op = "entrypoint", shell = "e" } },
      image)
    assert.same({ "x" }, own.config.Cmd)
    assert.same({ "/bin/sh", "-c", "e" }, own.config.Entrypoint)
  end)

  it("keeps what it doesn't know of its base, but not when that was made (SEMANTICS 42)", function()
    local state = state_of({ { op = "env", pairs = { { "A", "1" } } } },
      base({ Strange = { 1 }, OnBuild = {} }, { created = "2001-09-09T01:46:40Z", author = "me",
        ["org.example"] = "x" }))
    assert.same({ 1 }, state.config.Strange)
    assert.equal("x", state.image["org.example"])
    assert.equal("me", state.image.author)
    assert.equal("base", history(state)[1])
    local bytes = require("lamina.build.finish").image(state, { labels = {}, epoch = 5 }).config
    assert.matches('"Strange":[1]', bytes, 1, true)
    assert.matches('"created":"1970-01-01T00:00:05Z"', bytes, 1, true)
    assert.not_matches("2001", bytes)
  end)

  it("uses the image's shell for shell forms (SEMANTICS 31)", function()
    local state = state_of {
      { op = "shell", exec = { "/bin/bash", "-c" } }, { op = "cmd", shell = "a b" },
    }
    assert.same({ "/bin/bash", "-c", "a b" }, state.config.Cmd)
    assert.same({ "SHELL [/bin/bash -c]", 'CMD ["/bin/bash" "-c" "a b"]' }, history(state))
  end)

  it("sorts ports and expands ranges and variables (SEMANTICS 27, 36)", function()
    local state = state_of {
      { op = "env", pairs = { { "PORTS", "90 80-81/UDP" } } },
      { op = "expose", ports = { "$PORTS", "70" } },
    }
    assert.same({ ["70/tcp"] = {}, ["80/udp"] = {}, ["81/udp"] = {}, ["90/tcp"] = {} },
      state.config.ExposedPorts)
    assert.equal("EXPOSE [70/tcp 80/udp 81/udp 90/tcp]", history(state)[2])
  end)

  it("stores health checks as Docker does (SEMANTICS 16)", function()
    local state = state_of { { op = "healthcheck", shell = "true", interval = "30s", retries = 3 } }
    assert.same({ Test = { "CMD-SHELL", "true" }, Interval = 30000000000, Retries = 3 },
      state.config.Healthcheck)
    assert.equal([[HEALTHCHECK &{["CMD-SHELL" "true"] "30s" "0s" "0s" "0s" '\x03'}]],
      history(state)[1])
    assert.same({ Test = { "NONE" } },
      state_of({ { op = "healthcheck", none = true } }).config.Healthcheck)
    for _, retries in ipairs { -1, 1 << 31 } do
      local ok, err = pcall(state_of, { { op = "healthcheck", shell = "x", retries = retries } })
      assert.is_false(ok)
      assert.matches(("retries can't be %d"):format(retries), err.message, 1, true)
    end
  end)

  it("writes the history of commands with the arguments they saw (SEMANTICS 88)", function()
    local state = state_of {
      { op = "arg", name = "A", default = "1" }, { op = "arg", name = "B" },
      { op = "run", command = "make $A" }, { op = "run", command = { "ls", "-l" } },
    }
    local texts = history(state)
    assert.equal("RUN |2 A=1 B= /bin/sh -c make $A # buildkit", texts[3])
    assert.equal("RUN |2 A=1 B= ls -l # buildkit", texts[4])
  end)

  it("writes the history of copies as they were written, without the source stage", function()
    local plan = plan_of {
      { op = "local", path = "." }, { op = "scratch", input = false },
      { op = "copy", sources = { "a", "b" }, destination = "x/", chown = "1:2", from = 1 },
    }
    local state = resolve.graph(plan, plan.targets[1], store_with(), options()).state
    assert.same({ "COPY --chown=1:2 a b x/ # buildkit" }, history(state))
  end)

  it("says which step and line a failure belongs to", function()
    local ok, err = pcall(state_of, { { op = "stopsignal", signal = "SIGNOPE" } })
    assert.is_false(ok)
    assert.equal([[step 2 (stopsignal "SIGNOPE"), recipe.lua:2: ]]
      .. [[stopsignal: 'SIGNOPE' is no signal]], tostring(err))
  end)

  it("looks at nothing that the target doesn't need (SEMANTICS 44)", function()
    local plan = plan_of {
      { op = "image", ref = "missing" }, { op = "scratch", input = false },
    }
    assert.is_truthy(resolve.graph(plan, plan.targets[1], store_with(), options()))
  end)

  it("blames a wrong platform on the recipe, not on the command line", function()
    local ok, err = pcall(state_of, { { op = "scratch", platform = "*" } })
    assert.is_false(ok)
    assert.is_true(failure.is(err, "invalid-input"))
    assert.matches("invalid platform '*'", err.message, 1, true)
  end)

  it("refuses host network and insecure steps without the caller's word (ESC-12)", function()
    for _, step in ipairs { { network = "host" }, { security = "insecure" } } do
      step.op, step.command = "run", "true"
      local ok, err = pcall(state_of, { step })
      assert.is_false(ok)
      assert.is_true(failure.is(err, "unsupported"))
    end
    assert.is_truthy(state_of({ { op = "run", command = "x", network = "host" } }, nil,
      { allow = { ["network.host"] = true } }))
  end)

  it("refuses more layers than the kernel takes before anything runs", function()
    local steps = {}
    for i = 1, 502 do steps[i] = { op = "run", command = "true " .. i } end
    local ok, err = pcall(state_of, steps)
    assert.is_false(ok)
    assert.matches("step 503 .*: it stands on 501 layers, and the kernel takes 500 at once",
      err.message)
    assert.matches("squash", err.hint)
    steps = {}
    for i = 1, 501 do steps[i] = { op = "run", command = "true " .. i } end
    assert.equal(501, state_of(steps).layers.count)
  end)

  it("suggests the nearest target", function()
    local plan = plan_of { { op = "scratch" } }
    local ok, err = pcall(resolve.target, plan, "defualt")
    assert.is_false(ok)
    assert.matches("no target 'defualt'", err.message)
    assert.equal("did you mean 'default'?", err.hint)
  end)
end)

describe("merge and diff", function()
  --- base, two stages on it (steps 2 and 3), and what combines them.
  local function combine(last, more)
    local steps = {
      { op = "image", ref = "base" },
      { op = "run", command = "left", input = 1 }, { op = "run", command = "right", input = 1 },
    }
    for _, step in ipairs(more or {}) do steps[#steps + 1] = step end
    last.input = false
    steps[#steps + 1] = last
    local plan = plan_of(steps)
    return resolve.graph(plan, plan.targets[1], store_with(base()), options()).state
  end

  it("stack what each stage adds to the common base, once", function()
    local state = combine { op = "merge", inputs = { 2, 3 } }
    assert.equal(3, state.layers.count)
    assert.same({ "base", "RUN /bin/sh -c left # buildkit", "RUN /bin/sh -c right # buildkit" },
      history(state))
  end)

  it("take what a stage added to one it was made from", function()
    local state = combine { op = "diff", lower = 1, upper = 3 }
    assert.equal(1, state.layers.count)
    assert.same({ "RUN /bin/sh -c right # buildkit" }, history(state))
  end)

  it("refuse the difference of strangers", function()
    local ok, err = pcall(combine, { op = "diff", lower = 2, upper = 3 })
    assert.is_false(ok)
    assert.is_true(failure.is(err, "unsupported"))
  end)
end)
