#!/usr/bin/env python3
"""server.py DIR - an HTTP server on loopback that does what a path tells it to.

Writes its port to DIR/port and a line for each request to DIR/log. Files of DIR/files are served
below /files/ with ETag, Last-Modified and ranges. It ends with its standard input. With CERT and
KEY in the environment it speaks TLS.

  /status/N          that status                   /redirect?to=URL&status=302
  /loop              redirects to itself           /echo    the request as JSON
  /truncated         less than Content-Length      /endless as much as is taken
  /silent            no answer at all              /stall   a few bytes, then nothing
  /slow              bytes, slowly                 /headers headers without end
  /range-wrong       a 206 from another place      /no-range a 200 to a Range
  /flaky/N/NAME      503 N times, then the file    /cut/N/NAME  the connection ends N times
  /git/…             git http-backend on DIR/git
"""
import hashlib, http.server, json, os, socketserver, ssl, subprocess, sys, threading
from email.utils import formatdate
from urllib.parse import urlsplit, parse_qs

top = sys.argv[1]
counts, lock = {}, threading.Lock()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what the tests are about


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self):
        with lock, open(top + "/log", "a") as log:
            log.write("%s %s %s\n" % (self.command, self.path, json.dumps(dict(self.headers))))

    def serve(self):
        self.note()
        url = urlsplit(self.path)
        words = url.path.strip("/").split("/")
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if words[0] != "git" else b""
        name = "do_" + words[0].replace("-", "_")
        getattr(self, name, self.missing)(words[1:], parse_qs(url.query))

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = serve

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang(self):
        self.close_connection = True
        self.wfile.flush()
        self.rfile.read(1)  # until the client goes

    def cut(self):
        self.close_connection = True
        self.wfile.flush()

    def missing(self, words, query):
        self.answer(404, b"nothing is here\n")

    def do_status(self, words, query):
        self.answer(int(words[0]), b"status " + words[0].encode() + b"\n")

    def do_redirect(self, words, query):
        self.answer(int(query.get("status", ["302"])[0]), Location=query["to"][0])

    def do_loop(self, words, query):
        self.answer(302, Location="/loop")

    def do_echo(self, words, query):
        text = {"method": self.command, "body": self.body.decode(), "headers": {
            key.lower(): value for key, value in self.headers.items()}}
        self.answer(200, json.dumps(text).encode(), Content_Type="application/json",
                    X_Twice="a")

    def do_truncated(self, words, query):
        self.answer(200, b"only this", Content_Length="1000")
        self.cut()

    def do_endless(self, words, query):
        self.answer(int(query.get("status", ["200"])[0]), Content_Length=None,
                    Connection="close")
        self.close_connection = True
        while True:
            self.wfile.write(b"x" * 65536)

    def do_silent(self, words, query):
        self.hang()

    def do_stall(self, words, query):
        self.answer(200, b"begin", Content_Length="1000")
        self.hang()

    def do_slow(self, words, query):
        self.answer(200, Content_Length="1000000")
        done = threading.Event()
        while not done.wait(0.2):
            self.wfile.write(b"x")
            self.wfile.flush()

    def do_headers(self, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Many: " + b"y" * 1000 + b"\r\n")

    def do_range_wrong(self, words, query):
        self.answer(206, b"0123456789", Content_Range="bytes 0-9/10")

    def do_no_range(self, words, query):
        self.answer(200, b"0123456789")

    def first(self, times):
        """Whether this path was asked for at most so many times."""
        with lock:
            counts[self.path] = counts.get(self.path, 0) + 1
            return counts[self.path] <= times

    def do_flaky(self, words, query):
        if self.first(int(words[0])):
            return self.answer(503, b"busy\n", Retry_After="0")
        self.do_files(words[1:], query)

    def do_cut(self, words, query):
        self.do_files(words[1:], query, cut=self.first(int(words[0])))

    def do_files(self, words, query, cut=False):
        path = os.path.join(top, "files", *words)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return self.missing(words, query)
        tag = '"' + hashlib.md5(data).hexdigest() + '"'
        mtime = formatdate(int(os.stat(path).st_mtime), usegmt=True)
        known = {"ETag": tag, "Last_Modified": mtime}
        if "plain" in query:
            known = {}
        if known and (self.headers.get("If-None-Match") == tag or
                      self.headers.get("If-Modified-Since") == mtime):
            return self.answer(304, **known)
        span, status = self.headers.get("Range"), 200
        if span and self.headers.get("If-Range", tag) == tag:
            start = int(span[len("bytes="):].split("-")[0])
            known["Content_Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
            data, status = data[start:], 206
        if cut:
            known["Content_Length"] = str(len(data))
            data = data[:len(data) // 2]
        self.answer(status, data, **known)
        if cut:
            self.cut()

    def do_git(self, words, query):
        url = urlsplit(self.path)
        environment = dict(os.environ, GIT_PROJECT_ROOT=top + "/git", GIT_HTTP_EXPORT_ALL="1",
                           PATH_INFO="/" + "/".join(words), QUERY_STRING=url.query,
                           REQUEST_METHOD=self.command, GIT_CONFIG_NOSYSTEM="1",
                           GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory",
                           GIT_CONFIG_VALUE_0="*",
                           CONTENT_TYPE=self.headers.get("Content-Type", ""),
                           HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                           GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        environment["CONTENT_LENGTH"] = str(len(body))
        done = subprocess.run(["git", "http-backend"], input=body, env=environment,
                              stdout=subprocess.PIPE)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers, status = {}, 200
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            elif name:
                headers[name.replace("-", "_")] = value
        self.answer(status, rest, **headers)


server = Server(("127.0.0.1", 0), Handler)
if os.environ.get("CERT"):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(top + "/port.new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(top + "/port.new", top + "/port")
sys.stdin.read()
os._exit(0)
