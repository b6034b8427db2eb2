local fs = require "lamina.core.fs"
local helper = require "support.helper"
local http = require "lamina.core.http"
local job = require "lamina.core.job"
local json = require "lamina.core.json"
local script = require "support.script"
local server = require "support.server"
local digest = require "lamina.core.digest"

describe("lamina.core.http", function()
  local web, other

  setup(function() web, other = server.start(), server.start() end)
  teardown(function()
    web:close()
    other:close()
    helper.cleanup()
  end)

  local function get(path, options)
    options = options or {}
    options.url = web:url(path)
    return http.request(options)
  end

  local function echo(options)
    return assert(json.decode(assert(get("/echo", options)).body))
  end

  --- Expects a failure with a message that has the pattern and names the server.
  local function fails(pattern, path, options)
    local answer, err = get(path, options)
    assert.is_nil(answer)
    assert.matches(pattern, err.message)
    return err
  end

  local function output()
    local path = helper.tmpdir() .. "/out"
    return assert(fs.open(path, "rw")), path
  end

  describe("a request", function()
    it("answers status, headers, body, size and digest", function()
      web:put("a", "some text")
      local answer = assert(get "/files/a")
      assert.equal(200, answer.status)
      assert.equal("some text", answer.body)
      assert.equal(9, answer.size)
      assert.equal("sha256:" .. digest.sha256 "some text", answer.digest)
      assert.matches('^"%x+"$', answer.headers.etag)
      assert.equal(web:url "/files/a", answer.url)
    end)

    it("writes the body to a descriptor", function()
      web:put("a", "some text")
      local file <close>, path = output()
      assert.equal("", assert(get("/files/a", { output = file:fd() })).body)
      assert.equal("some text", helper.read(path))
    end)

    it("leaves the descriptor alone when the answer is an error, whose text it has", function()
      local file <close>, path = output()
      local answer = assert(get("/status/500", { output = file:fd() }))
      assert.equal(500, answer.status)
      assert.equal("status 500\n", answer.body)
      assert.equal("", helper.read(path))
    end)

    it("has no body with HEAD", function()
      web:put("a", "some text")
      local answer = assert(get("/files/a", { method = "HEAD", size = 3 }))
      assert.equal("", answer.body)
      assert.equal("9", answer.headers["content-length"])
    end)

    it("sends headers, a user agent, and no more than it is told", function()
      local said = echo { headers = { ["X-One"] = "1", Empty = "" } }
      assert.equal("1", said.headers["x-one"])
      assert.equal("", said.headers.empty)
      assert.equal("lamina", said.headers["user-agent"])
      assert.is_nil(said.headers["accept-encoding"])
      assert.is_nil(said.headers.cookie)
    end)

    it("sends a text with PUT, POST and PATCH", function()
      for _, method in ipairs { "PUT", "POST", "PATCH" } do
        local said = echo { method = method, body = "a b" }
        assert.equal(method, said.method)
        assert.equal("a b", said.body)
        assert.equal("3", said.headers["content-length"])
      end
      assert.equal("0", echo({ method = "POST" }).headers["content-length"])
      assert.equal("DELETE", echo({ method = "DELETE" }).method)
    end)

    it("sends a descriptor from its position", function()
      local path = helper.write(helper.tmpdir() .. "/f", "0123456789")
      local file <close> = assert(fs.open(path, "r"))
      assert(file:seek(4))
      assert.equal("456", echo({ method = "PUT", body = file:fd(), body_size = 3 }).body)
      fails("shorter than was said", "/echo", { method = "PUT", body = file:fd(), body_size = 90 })
    end)

    it("runs as a job and tells its progress", function()
      web:put("big", ("x"):rep(3000000))
      local file <close> = output()
      local running <close> = assert(job.start_with({ confine = false }, http.request,
        { url = web:url "/files/big", output = file:fd() }))
      assert.equal(3000000, assert(running:wait()).size)
    end)

    it("asks whether what is there is still the same", function()
      web:put("a", "some text")
      local first = assert(get "/files/a")
      assert.equal(304, assert(get("/files/a", { etag = first.headers.etag })).status)
      local modified = first.headers["last-modified"]
      assert.equal(304, assert(get("/files/a", { modified = modified })).status)
      assert.equal(200, assert(get("/files/a", { etag = '"other"' })).status)
    end)

    it("raises for what is misuse", function()
      assert.has_error(function() http.request {} end)
      assert.has_error(function() http.request { url = "http://x\n" } end)
      assert.has_error(function() get("/echo", { method = "CONNECT" }) end)
      assert.has_error(function() get("/echo", { headers = { A = "b\r\nC: d" } }) end)
      assert.has_error(function() get("/echo", { headers = { ["A:b"] = "c" } }) end)
      assert.has_error(function() get("/echo", { digest = "sha256:12" }) end)
      assert.has_error(function() get("/echo", { resume = 3 }) end)
      assert.has_error(function() get("/echo", { body = 0 }) end)
    end)
  end)

  describe("limits", function()
    it("end an answer that is too long, announced or not", function()
      web:put("a", "some text")
      assert.equal("EFBIG", fails("127.0.0.1:%d+: .*longer than 8 bytes", "/files/a",
        { limit = 8 }).errno)
      local file <close>, path = output()
      assert.equal("EFBIG", fails("longer", "/endless", { limit = 1 << 20, output = file:fd() })
        .errno)
      assert.is_true(#helper.read(path) <= 1 << 20)
      assert.equal("EFBIG", fails("longer", "/endless").errno) -- 4 MiB without an output
    end)

    it("keep 64 KiB of an endless error", function()
      local answer = assert(get "/endless?status=500")
      assert.equal(500, answer.status)
      assert.equal(64 << 10, #answer.body)
    end)

    it("hold the size and the digest to what was promised", function()
      web:put("a", "some text")
      assert.truthy(get("/files/a", { size = 9, digest = "sha256:" .. digest.sha256 "some text" }))
      assert.equal("EBADMSG", fails("9 bytes came, where 10", "/files/a", { size = 10 }).errno)
      assert.equal("EFBIG", fails("longer than 8", "/files/a", { size = 8 }).errno)
      local wrong = "sha256:" .. ("0"):rep(64)
      local err = fails("sha256:0000", "/files/a", { digest = wrong })
      assert.equal("EBADMSG", err.errno)
      assert.matches(digest.sha256 "some text", err.message)
    end)

    it("end headers without end", function()
      fails("of headers", "/headers")
    end)

    it("tell an answer that was cut", function()
      assert.equal("ECONNRESET", fails("127.0.0.1", "/truncated").errno)
    end)

    it("end a server that is silent, stalls, is slow, or takes too long", function()
      assert.equal("ETIMEDOUT", fails("nothing came for 1 seconds", "/silent", { stall = 1 }).errno)
      assert.equal("ETIMEDOUT", fails("nothing came", "/stall", { stall = 1 }).errno)
      assert.equal("ETIMEDOUT", fails("too slow", "/slow", { slow = 1 }).errno)
      assert.equal("ETIMEDOUT", fails("timed out", "/slow", { timeout = 1 }).errno)
    end)

    it("tell a server that isn't there", function()
      local closed = server.start()
      closed:close()
      local answer, err = http.request { url = closed:url "/" }
      assert.is_nil(answer)
      assert.equal("ECONNREFUSED", err.errno)
    end)
  end)

  describe("resuming", function()
    local function partial(text)
      local file, path = output()
      assert(file:write(text))
      return file, path
    end

    it("asks for the rest, and verifies the whole", function()
      web:put("a", "0123456789")
      local file <close>, path = partial "0123"
      local answer = assert(get("/files/a", { output = file:fd(), resume = 4, size = 10,
        digest = "sha256:" .. digest.sha256 "0123456789" }))
      assert.equal(206, answer.status)
      assert.equal("0123456789", helper.read(path))
      local bad <close> = partial "012X"
      fails("digest", "/files/a", { output = bad:fd(), resume = 4,
        digest = "sha256:" .. digest.sha256 "0123456789" })
    end)

    it("starts again when the server answers with all of it", function()
      local file <close>, path = partial "an older and longer text"
      local answer = assert(get("/no-range", { output = file:fd(), resume = 24 }))
      assert.equal(200, answer.status)
      assert.equal("0123456789", helper.read(path))
    end)

    it("starts again when it has changed meanwhile", function()
      web:put("a", "0123456789")
      local file <close>, path = partial "ABCD"
      assert(get("/files/a", { output = file:fd(), resume = 4, etag = '"old"' }))
      assert.equal("0123456789", helper.read(path))
    end)

    it("keeps to the size, and cuts off what lies behind the part", function()
      web:put("a", "0123456789")
      local file <close>, path = partial "0123456789 and more"
      assert(get("/files/a", { output = file:fd(), resume = 4, size = 10 }))
      assert.equal("0123456789", helper.read(path))
      for _, limits in ipairs { { size = 3 }, { limit = 3 } } do
        limits.output, limits.resume = file:fd(), 4
        assert.equal("EFBIG", fails("longer than 3 bytes", "/files/a", limits).errno)
      end
    end)

    it("refuses another part than it asked for", function()
      local file <close> = partial "0123"
      assert.equal("EBADMSG", fails("another part", "/range-wrong",
        { output = file:fd(), resume = 4 }).errno)
      fails("another part", "/range-wrong")
    end)
  end)

  describe("redirects", function()
    local function to(url, status)
      return ("/redirect?status=%d&to=%s"):format(status or 302, url)
    end

    it("are followed, relative ones too", function()
      web:put("a", "some text")
      for _, status in ipairs { 301, 302, 303, 307, 308 } do
        local answer = assert(get(to("/files/a", status)))
        assert.equal("some text", answer.body)
        assert.equal(web:url "/files/a", answer.url)
      end
    end)

    it("never take headers to another origin", function()
      other:log()
      assert(get(to(other:url "/echo"), { headers = { Authorization = "Bearer secret" } }))
      local log = table.concat(other:log())
      assert.matches("^GET /echo", log)
      assert.not_matches("secret", log)
      local said = assert(get(to "/echo", { headers = { Authorization = "Bearer secret" } })).body
      assert.matches("Bearer secret", said)
    end)

    it("aren't followed for what sends something, nor where none is wanted", function()
      assert.equal(302, assert(get(to "/echo", { method = "PUT", body = "x" })).status)
      local answer = assert(get(to "/echo", { redirects = 0 }))
      assert.equal("/echo", answer.headers.location)
    end)

    it("end after ten", function()
      assert.equal("ELOOP", fails("more than 10 redirects", "/loop").errno)
    end)

    it("lead to http and https alone", function()
      for _, url in ipairs { "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/" } do
        fails("redirects to: a URL of the scheme", to(url))
      end
      fails("user or password", to "http://a:b@127.0.0.1/")
    end)

    it("never lead to a link-local address, however it is written (REG-12)", function()
      for _, host in ipairs { "169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.43518",
        "[fe80::1]", "[::ffff:169.254.169.254]" } do
        fails("address, which nobody has asked for", to("http://" .. host .. "/x"))
      end
    end)

    it("nor through a proxy, whose address is another (REG-12)", function()
      web:put("a", "some text")
      local _, out = script([[
        local http = require "lamina.core.http"
        print(http.request { url = "http://registry.test/files/a" }.status)
        fails(http.request { url = "http://registry.test]]
        .. to "http://169.254.169.254/files/a" .. [[" })]], "http_proxy=" .. web:url "")
      assert.matches("^200\nnil.*169.254.169.254: a link%-local address", out)
    end)
  end)

  describe("url", function()
    it("tells the parts of a URL", function()
      assert.same({ url = "https://example.org/a?b", origin = "https://example.org:443",
        host = "example.org", tls = true }, http.url "HTTPS://Example.ORG:443/x/../a?b#c")
      assert.equal("http://h:81/x/b", http.url("b", "http://h:81/x/a").url)
    end)

    it("refuses what is none of ours", function()
      for _, text in ipairs { "", "x", "/x", "file:///etc/passwd", "http://", "http://u:p@h/",
        "http://u@h/", "ftp://h/", "http://h:99999/", "http://h/" .. ("x"):rep(9000) } do
        local parts, err = http.url(text)
        assert.is_nil(parts)
        assert.not_matches("u:p", err.message)
      end
    end)
  end)

  describe("TLS", function()
    local secure, dir

    setup(function()
      dir = helper.tmpdir()
      assert.equal(0, (helper.sh(([[cd %s && openssl req -x509 -newkey ec \
        -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -days 30 \
        -subj /CN=test -addext subjectAltName=IP:127.0.0.1]]):format(dir))))
      secure = server.start { scheme = "https", cert = dir .. "/cert", key = dir .. "/key" }
    end)
    teardown(function() secure:close() end)

    it("is verified against the machine's certificates, or a file of them", function()
      local answer, err = http.request { url = secure:url "/echo" }
      assert.is_nil(answer)
      assert.matches("certificate", err.message)
      assert.truthy(http.request { url = secure:url "/echo", ca_file = dir .. "/cert" })
    end)

    it("is verified against the host's name", function()
      local answer, err = http.request { url = secure:url("/echo", "localhost"),
        ca_file = dir .. "/cert" }
      assert.is_nil(answer)
      assert.matches("localhost", err.message)
    end)

    it("isn't left by a redirect", function()
      local answer, err = http.request { ca_file = dir .. "/cert",
        url = secure:url("/redirect?to=" .. web:url "/echo") }
      assert.is_nil(answer)
      assert.matches("from https to http", err.message)
    end)
  end)
end)
