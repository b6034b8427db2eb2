-- What a build says of its images, and that it goes along with them.
local attestation = require "lamina.image.attestation"
local digest = require "lamina.core.digest"
local fs = require "lamina.core.fs"
local fixtures = require "support.fixtures"
local helper = require "support.helper"
local json = require "lamina.core.json"
local registry = require "support.registry"

describe("attestations", function()
  local run, dir, server, recipe

  setup(function()
    run, dir, server = fixtures.busybox_store(), helper.tmpdir(), registry.start()
    recipe = dir .. "/c/recipe.lua"
    assert(os.execute(("mkdir -p %s/c/var/lib/dpkg"):format(dir)))
    helper.write(dir .. "/c/var/lib/dpkg/status",
      "Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2\nArchitecture: amd64\n")
    helper.write(recipe, 'arg("WHO", "me")\nreturn from("busybox"):copy("var", "/var")')
  end)

  teardown(function()
    server:close()
    helper.cleanup()
  end)

  local function build(store, ...)
    return (store:ok("build", "-q", "--source-date-epoch", "1600000000", dir .. "/c", ...))
  end

  local function blob(layout, of)
    local bytes = helper.read(layout .. "/blobs/sha256/" .. of.digest:sub(8))
    assert.equal(of.digest, "sha256:" .. digest.sha256(bytes))
    assert.equal(of.size, #bytes)
    return json.decode(bytes)
  end

  --- The index of an image in a layout, its images and what is said of each: predicates by type.
  local function read(layout)
    local top = json.decode(helper.read(layout .. "/index.json")).manifests[1]
    local index, said, images = blob(layout, top), {}, {}
    for _, of in ipairs(index.manifests) do
      local subject = attestation.subject_of(of)
      if not subject then images[#images + 1] = of end
      for _, one in ipairs(subject and blob(layout, of).layers or {}) do
        local statement = blob(layout, one)
        assert.equal(subject, "sha256:" .. statement.subject[1].digest.sha256)
        said[subject] = said[subject] or {}
        said[subject][statement.predicateType] = statement.predicate
      end
    end
    return images, said, top
  end

  local function saved(store, name)
    local layout = helper.tmpdir() .. "/layout"
    store:ok("save", "--format", "oci-dir", "-o", layout, name)
    return layout
  end

  local slsa, packages = "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"

  it("say how an image was made and what is in it", function()
    build(run, "-t", "said", "--provenance", "--sbom", "--build-arg", "WHO=secret")
    local images, said = read(saved(run, "said"))
    assert.equal(1, #images)
    local made = said[images[1].digest]
    assert.equal("zlib1g", made[packages].packages[2].name)
    local definition = made[slsa].buildDefinition
    assert.is_nil(definition.externalParameters.request.args)
    assert.is_nil(definition.internalParameters.plan)
    local names = {}
    for _, one in ipairs(definition.resolvedDependencies) do names[one.uri] = one.digest.sha256 end
    assert.is_truthy(names["pkg:docker/busybox@latest?platform=linux%2Famd64"])
    assert.is_truthy(names["context:"])
  end)

  it("tell which packages may be missing, and so does the build", function()
    local context = helper.tmpdir()
    helper.write(context .. "/Packages", "no database")
    helper.write(context .. "/recipe.lua",
      'return from("scratch"):copy("Packages", "/var/lib/rpm/Packages")')
    local status, _, err = run("build", "-t", "broken", "--sbom", "--progress=plain", context)
    assert.equal(0, status, err)
    local why = "var/lib/rpm/Packages: it ends before what it says is in it"
    assert.matches("#sbom NOTE " .. why, err, 1, true)
    local images, said = read(saved(run, "broken"))
    assert.equal(why, said[images[1].digest][packages].comment)
  end)

  it("tell what steps have read of a context, whatever became of it since", function()
    local context = helper.tmpdir()
    helper.write(context .. "/recipe.lua", [[
return from("busybox"):copy("note", "/"):run "sleep 1"]])
    helper.write(context .. "/note", "one")
    local function digest_after(change)
      local line = run:line("build", "-t", "read", "--no-cache", "--provenance",
        "--progress=json", context)
      assert.equal(0, (helper.sh(([[%s 2>%s.log & pid=$!
        until grep -q 'step.started.*"id":3' %s.log; do sleep 0.05; done
        %s; wait $pid]]):format(line, context, context, change))))
      local images, said = read(saved(run, "read"))
      local definition = said[images[1].digest][slsa].buildDefinition
      for _, one in ipairs(definition.resolvedDependencies) do
        if one.uri == "context:" then return one.digest.sha256 end
      end
    end
    local before = digest_after "true"
    assert.is_string(before)
    assert.equal(before, digest_after("echo two >" .. context .. "/note"))
  end)

  it("tell the arguments and the plan where they are asked to", function()
    build(run, "-t", "max", "--provenance=mode=max,builder-id=https://ci.example/1", "--build-arg",
      "WHO=you")
    local images, said = read(saved(run, "max"))
    local predicate = said[images[1].digest][slsa]
    assert.equal("you", predicate.buildDefinition.externalParameters.request.args.WHO)
    assert.equal("copy", predicate.buildDefinition.internalParameters.plan.steps[2].op)
    assert.equal("https://ci.example/1", predicate.runDetails.builder.id)
    assert.is_nil(said[images[1].digest][packages])
  end)

  it("are the same for the same build elsewhere, and the image has its id without them", function()
    helper.write(dir .. "/c/alone.lua", 'return from("scratch"):copy("var", "/var")')
    local function archive(store)
      local out = helper.tmpdir() .. "/x.tar"
      build(store, "-f", dir .. "/c/alone.lua", "--provenance=mode=max", "--sbom", "-o",
        "type=oci,dest=" .. out)
      return digest.sha256(helper.read(out))
    end
    assert.equal(archive(run), archive(helper.store()))
    assert.equal(build(run), build(run, "--provenance"))
  end)

  --- What skopeo gets from the registry under a name.
  local function inspect(name)
    local status, out, err = helper.sh(("%s inspect --raw --tls-verify=false docker://%s"):format(
      server.skopeo, name))
    assert.equal(0, status, err)
    return json.decode(out)
  end

  it("go to registries and come from them, as they were", function()
    local name, again = server:name "a/said:v1", server:name "b/said:v1"
    build(run, "-t", name, "--provenance", "--sbom", "--push")
    local index = inspect(name)
    assert.equal(2, #index.manifests)
    local other = helper.store()
    other:ok("pull", "-q", name)
    local images, said = read(saved(other, name))
    assert.is_truthy(said[images[1].digest][slsa])
    other:ok("push", "-q", name, again)
    assert.equal(index.manifests[2].digest, inspect(again).manifests[2].digest)
    -- compressed otherwise the manifest is another one, of which nobody has said anything
    local status, _, err = other("push", "-q", "--compression", "zstd", name, again)
    assert.equal(0, status)
    assert.matches("1 attestations are left out", err)
  end)

  it("are taken by skopeo, and from it", function()
    build(run, "-t", "said", "--provenance", "-o", "type=oci,dest=" .. dir .. "/said.tar")
    local status, _, err = helper.sh(("%s copy -q --all oci-archive:%s/said.tar "
      .. "oci-archive:%s/two.tar"):format(server.skopeo, dir, dir))
    assert.equal(0, status, err)
    local other = helper.store()
    other:ok("load", "-q", "--tag", "said", "-i", dir .. "/two.tar")
    local images, said = read(saved(other, "said"))
    assert.is_truthy(said[images[1].digest][slsa])
    assert.equal(0, (other("fsck", "--deep")))
  end)

  it("are there for each platform of an index", function()
    helper.write(dir .. "/c/index.lua", 'return from("scratch"):copy("var", "/var")')
    run:ok("build", "-q", "-f", dir .. "/c/index.lua", "-t", "many", "--sbom", "--platform",
      "linux/amd64,linux/arm64", dir .. "/c")
    local layout = saved(run, "many")
    local images, said = read(layout)
    assert.equal(2, #images)
    for _, of in ipairs(images) do assert.is_truthy(said[of.digest][packages]) end
    local other = helper.store()
    other:ok("load", "-q", "--all-platforms", "-i", layout)
    local _, _, top = read(layout)
    local _, _, same = read(saved(other, "many"))
    assert.equal(top.digest, same.digest)
  end)

  it("stay while their image does, and no longer", function()
    local store = fixtures.busybox_store()
    build(store, "-t", "said", "--provenance", "--sbom")
    local function count()
      return #fs.list(store.root .. "/blobs/sha256")
    end
    store:ok("prune", "-f")
    local images, said = read(saved(store, "said"))
    assert.is_truthy(said[images[1].digest][slsa])
    local before = count()
    store:ok("rmi", "said")
    store:ok("prune", "-f", "--all")
    assert.is_true(count() <= before - 4, ("%d blobs of %d are left"):format(count(), before))
    assert.equal(0, (store("fsck", "--deep")))
  end)

  it("are forgotten by fsck where they are damaged; the image stays", function()
    local store = fixtures.busybox_store()
    build(store, "-t", "said", "--provenance")
    for _, name in ipairs(fs.list(store.root .. "/blobs/sha256")) do
      local path = store.root .. "/blobs/sha256/" .. name
      if helper.read(path):find("in%-toto%.io/Statement") then os.remove(path) end
    end
    assert.not_equal(0, (store("fsck")))
    store:ok("fsck", "--repair")
    assert.equal(0, (store("fsck")))
    local top = json.decode(helper.read(saved(store, "said") .. "/index.json")).manifests[1]
    assert.matches("manifest", top.mediaType)
  end)

  it("that can't be had are told of before anything is built", function()
    for words, message in pairs {
      ["--sbom -o type=docker,dest=x.tar"] = "attestations need an output that has them",
      ["--provenance=mode=more"] = "unknown mode 'more'",
      ["--provenance=mod=max"] = "unknown key 'mod'",
      ["--sbom=generator=x"] = "unknown key 'generator'",
      ["--attest type=sbon"] = "unknown type 'sbon'",
      ["--attest mode=max"] = "'type' is missing",
    } do
      local status, out, err = run:script(("lamina build -q %s %s/c"):format(words, dir))
      assert.same({ 2, "" }, { status, out }, words)
      assert.matches(message, err, 1, true)
    end
  end)
end)
