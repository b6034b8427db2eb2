local challenge = require "lamina.registry.challenge"

describe("lamina.registry.challenge", function()
  it("reads what registries send", function()
    local realm = "https://auth.docker.io/token"
    assert.same({ { scheme = "bearer", realm = realm, service = "registry.docker.io",
      scope = "repository:library/debian:pull,push" } }, challenge.parse(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        .. 'scope="repository:library/debian:pull,push"'))
    assert.same({ { scheme = "basic", realm = "ours" } }, challenge.parse 'Basic realm="ours"')
  end)

  it("takes blanks, tokens, quotes in quotes, names in any case, and several challenges", function()
    assert.same({ { scheme = "basic", realm = 'a "b" \\c, d', charset = "UTF-8" },
      { scheme = "bearer", realm = "https://x/t?a=b" }, { scheme = "negotiate" } },
      challenge.parse([[BASIC Realm = "a \"b\" \\c, d" , charset=UTF-8,]]
        .. ' bearer realm="https://x/t?a=b", Negotiate'))
  end)

  it("ends where nothing can be read", function()
    for text, count in pairs { [""] = 0, [" , "] = 0, ['"'] = 0, ["="] = 0, ['Bearer realm="x'] = 1,
      ["Bearer ="] = 0 } do
      local list = challenge.parse(text)
      assert.equal(count, #list, text)
      assert.is_nil(list[1] and list[1].realm, text)
    end
  end)

  it("chooses bearer before basic, and nothing that it doesn't know", function()
    local function chosen(text) return challenge.choose(challenge.parse(text)) end
    assert.equal("bearer", chosen('Basic realm="a", Bearer realm="https://t"').scheme)
    assert.equal("basic", chosen('Basic realm="a", Bearer service="x"').scheme)
    assert.is_nil(chosen "Negotiate")
    assert.is_nil(chosen "Bearer")
  end)
end)
