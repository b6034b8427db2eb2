#!/usr/bin/env python3
"""proxy.py DIR PORT - stands before a registry on loopback and spoils what it is told to.

Writes its port to DIR/port and each request as JSON to DIR/log; ends with its standard input.
DIR/rules has {"serial": N, "rules": [...], "auth": {...}}. The first rule that fits a request
counts, `times` times (for ever without):

  method, path (a regular expression)      which requests
  status, body, headers                    this answer instead of the registry's
  header                                   members of the answer's header to replace (null: drop)
  truncate: N, corrupt: true, endless: true, stall: N (bytes), drop: true, replace: text
  redirect: URL                            to the same path there
  no_range: true, wrong_range: true        what comes of a Range
  cut_upload: N                            the connection ends after so many bytes of the body
  take: N                                  the registry gets so many bytes of the body alone

auth: {"kind": "basic" | "bearer", "user":, "password":, "realm":, "anonymous": true, "uses": N,
"identity": token}; GET and POST /token give tokens that are good for `uses` requests.
"""
import base64, http.client, http.server, json, os, re, socketserver, sys, threading
from urllib.parse import urlsplit, parse_qs

top, upstream = sys.argv[1], int(sys.argv[2])
lock = threading.Lock()
state = {"serial": None, "hits": {}, "tokens": {}, "last": 0, "rules": [], "auth": None}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def load():
    try:
        with open(top + "/rules") as file:
            given = json.load(file)
    except OSError:
        return
    if given["serial"] != state["serial"]:
        state.update(serial=given["serial"], hits={}, rules=given.get("rules") or [],
                     auth=given.get("auth"))


def rule_for(method, path):
    with lock:
        load()
        for number, rule in enumerate(state["rules"]):
            fits = rule.get("method", method) == method and re.search(rule["path"], path)
            if fits and state["hits"].get(number, 0) < rule.get("times", 1 << 30):
                state["hits"][number] = state["hits"].get(number, 0) + 1
                return rule
    return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self):
        line = json.dumps({"method": self.command, "path": self.path, "headers": {
            key.lower(): value for key, value in self.headers.items()}})
        with lock, open(top + "/log", "a") as log:
            log.write(line + "\n")

    def answer(self, status, headers, body=b"", length=None):
        self.send_response(status)
        for name, value in headers.items():
            if value is not None and name.lower() not in ("content-length", "transfer-encoding"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            self.wfile.flush()

    def cut(self):
        self.close_connection = True

    def hang(self):
        self.cut()
        self.wfile.flush()
        self.rfile.read(1)

    # who may come in

    def basic(self):
        given = self.headers.get("Authorization", "")
        if not given.startswith("Basic "):
            return None
        return base64.b64decode(given[6:]).decode()

    def is_let_in(self):
        auth = state["auth"]
        if not auth:
            return True
        if auth["kind"] == "basic":
            return self.basic() == auth["user"] + ":" + auth["password"]
        token = self.headers.get("Authorization", "")[len("Bearer "):]
        with lock:
            left = state["tokens"].get(token, 0)
            state["tokens"][token] = left - 1
        return left > 0

    def challenge(self):
        auth = state["auth"]
        if auth["kind"] == "basic":
            words = 'Basic realm="ours"'
        else:
            realm = auth.get("realm") or "http://%s/token" % self.headers["Host"]
            words = 'Bearer realm="%s",service="ours",scope="something"' % realm
        body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
        self.answer(401, {"WWW-Authenticate": words}, body)

    def token(self, body):
        auth = state["auth"]
        form = parse_qs(body.decode()) if self.command == "POST" else {}
        known = form.get("refresh_token", [None])[0] == auth.get("identity") if form else \
            self.basic() == "%s:%s" % (auth.get("user"), auth.get("password"))
        if not known and (self.headers.get("Authorization") or not auth.get("anonymous")):
            return self.answer(401, {}, b"{}")
        with lock:
            state["last"] += 1
            token = "token-%d" % state["last"]
            state["tokens"][token] = auth.get("uses", 1 << 30)
        self.answer(200, {"Content-Type": "application/json"},
                    json.dumps({"token": token, "expires_in": 300}).encode())

    # what is passed on

    def forward(self, body, rule):
        headers = {key: value for key, value in self.headers.items()
                   if key.lower() not in ("authorization", "connection", "host")}
        if rule.get("no_range") or rule.get("wrong_range"):
            headers.pop("Range", None)
        headers["Host"] = self.headers["Host"]
        there = http.client.HTTPConnection("127.0.0.1", upstream)
        there.request(self.command, self.path, body=body or None, headers=headers)
        answer = there.getresponse()
        data = answer.read()
        found = dict(answer.getheaders())
        there.close()
        return answer.status, found, data

    def spoil(self, rule, status, headers, data):
        for name, value in rule.get("header", {}).items():
            for known in [key for key in headers if key.lower() == name.lower()]:
                del headers[known]
            headers[name] = value
        if "replace" in rule:
            data = rule["replace"].encode()
        if rule.get("corrupt"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        if rule.get("wrong_range"):
            status, headers["Content-Range"] = 206, "bytes 1-%d/%d" % (len(data), len(data) + 1)
        if "truncate" in rule:
            self.answer(status, headers, data[:rule["truncate"]], len(data))
            return self.cut()
        if "stall" in rule:
            self.answer(status, headers, data[:rule["stall"]], len(data))
            return self.hang()
        length = None
        if self.command == "HEAD":
            length = next((value for key, value in headers.items()
                           if key.lower() == "content-length"), 0)
        self.answer(status, headers, data, length)

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.cut()
        while True:
            self.wfile.write(b" " * 65536)

    def serve(self):
        self.note()
        rule = rule_for(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if "cut_upload" in rule and length > 0:
            self.rfile.read(min(length, rule["cut_upload"]))
            self.connection.shutdown(2)
            return self.cut()
        body = self.rfile.read(length)
        if "take" in rule and len(body) > rule["take"]:
            body = body[:rule["take"]]
            start = int(self.headers["Content-Range"].split("-")[0])
            self.headers.replace_header("Content-Length", str(len(body)))
            self.headers.replace_header("Content-Range",
                                        "%d-%d" % (start, start + len(body) - 1))
        if rule.get("drop"):
            self.connection.shutdown(2)
            return self.cut()
        if rule.get("endless"):
            return self.endless()
        if "status" in rule:
            return self.answer(rule["status"], rule.get("headers", {}),
                               rule.get("body", "").encode())
        if "redirect" in rule:
            return self.answer(307, {"Location": rule["redirect"] + self.path})
        if urlsplit(self.path).path == "/token" and state["auth"]:
            return self.token(body)
        if not self.is_let_in():
            return self.challenge()
        self.spoil(rule, *self.forward(body, rule))

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = serve


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(top + "/port.new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(top + "/port.new", top + "/port")
sys.stdin.read()
os._exit(0)
