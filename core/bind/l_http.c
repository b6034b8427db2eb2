/* l_http.c - require "lamina.core.http": requests over http and https.
 *
 *   local answer = assert(http.request { url = "https://example.org/x", output = file:fd() })
 *   print(answer.status, answer.headers.etag, answer.digest)
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bind/l_value.h"
#include "bind/lamlua.h"
#include "net/http.h"
#include "net/url.h"

#define ANSWER_TYPE "lamina.http.answer"
#define URL_TYPE "lamina.http.url"

enum { TEXT_LIMIT = 4 << 20 };

static const char *const methods[] = { "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", NULL };

static const char *const request_options[] = { "url",
					       "method",
					       "headers",
					       "etag",
					       "modified",
					       "agent",
					       "body",
					       "body_size",
					       "output",
					       "resume",
					       "limit",
					       "size",
					       "digest",
					       "ca_file",
					       "cert_file",
					       "key_file",
					       "redirects",
					       "timeout",
					       "connect_timeout",
					       "stall",
					       "slow",
					       NULL };

static int l_answer_gc(lua_State *L)
{
	lam_http_answer_free(luaL_checkudata(L, 1, ANSWER_TYPE));
	return 0;
}

/* A text without line breaks, which would begin another header. */
static const char *header_text(lua_State *L, int index, const char *what)
{
	size_t len;
	const char *text;

	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "%s: a string expected, got %s", what, luaL_typename(L, index));
	text = lua_tolstring(L, index, &len);
	if (strcspn(text, "\r\n") != len)
		luaL_error(L, "%s: a line break or a NUL byte is in it", what);
	return text;
}

static const char *header_field(lua_State *L, const char *key)
{
	if (lua_getfield(L, 1, key) == LUA_TNIL)
		return NULL;
	return header_text(L, -1, key); /* stays on the stack */
}

/* { Name = "value" } as lines, which stay on the stack. */
static char **read_headers(lua_State *L)
{
	int table, lines, count = 0;
	char **list;

	if (lua_getfield(L, 1, "headers") == LUA_TNIL)
		return NULL;
	if (!lua_istable(L, -1))
		luaL_error(L, "option 'headers': a table expected, got %s", luaL_typename(L, -1));
	table = lua_gettop(L);
	lua_newtable(L);
	lines = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		const char *name = header_text(L, -2, "a header's name");
		const char *value = header_text(L, -1, name);

		if (!*name || strcspn(name, ": \t") != strlen(name))
			luaL_error(L, "a header can't be called '%s'", name);
		lua_pushfstring(L, *value ? "%s: %s" : "%s;%s", name, value);
		lua_rawseti(L, lines, ++count);
	}
	list = lamL_scratch(L, sizeof(*list) * (size_t)(count + 1));
	for (int i = 0; i < count; i++) {
		lua_rawgeti(L, lines, i + 1);
		list[i] = (char *)lua_tostring(L, -1); /* held by the table */
		lua_pop(L, 1);
	}
	return list;
}

static void read_body(lua_State *L, struct lam_http_request *r)
{
	size_t len;

	r->body_fd = -1;
	switch (lua_getfield(L, 1, "body")) {
	case LUA_TNIL:
		break;
	case LUA_TSTRING:
		r->body = lua_tolstring(L, -1, &len);
		r->body_size = len;
		break;
	default:
		r->body_fd = lamL_checkfd(L, -1, "option 'body'");
		r->body_size = (uint64_t)lamL_rangefield(L, 1, "body_size", -1, 0, LLONG_MAX);
		if (r->body_size == UINT64_MAX)
			luaL_error(L, "option 'body_size': a descriptor's body needs it");
	}
}

static void read_limits(lua_State *L, struct lam_http_request *r)
{
	lua_Integer most = r->output >= 0 ? LLONG_MAX : TEXT_LIMIT;

	r->resume = (uint64_t)lamL_rangefield(L, 1, "resume", 0, 0, LLONG_MAX);
	r->limit = (uint64_t)lamL_rangefield(L, 1, "limit", most, 0, LLONG_MAX);
	r->size = lamL_rangefield(L, 1, "size", -1, 0, LLONG_MAX);
	r->redirects = (int)lamL_rangefield(L, 1, "redirects", 10, 0, 100);
	r->timeout = (long)lamL_rangefield(L, 1, "timeout", 0, 0, INT_MAX / 1000);
	r->connect_timeout = (long)lamL_rangefield(L, 1, "connect_timeout", 30, 1, 3600);
	r->stall = (long)lamL_rangefield(L, 1, "stall", 30, 0, 86400);
	r->slow = (long)lamL_rangefield(L, 1, "slow", 60, 0, 86400);
	if (r->resume > 0 && r->output < 0)
		luaL_error(L, "option 'resume': it needs an output");
}

/* What it needs of the table stays on the stack. */
static void read_request(lua_State *L, struct lam_http_request *r)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkstack(L, 30, "http");
	lamL_checkkeys(L, 1, request_options);
	lua_getfield(L, 1, "method");
	r->method = methods[luaL_checkoption(L, -1, "GET", methods)];
	r->url = header_field(L, "url");
	if (!r->url)
		luaL_error(L, "option 'url': a string expected");
	r->etag = header_field(L, "etag");
	r->modified = header_field(L, "modified");
	r->agent = header_field(L, "agent");
	r->ca_file = header_field(L, "ca_file");
	r->cert_file = header_field(L, "cert_file");
	r->key_file = header_field(L, "key_file");
	if (!r->cert_file != !r->key_file)
		luaL_error(L, "options 'cert_file' and 'key_file': both or none");
	r->headers = read_headers(L);
	read_body(L, r);
	if (lua_getfield(L, 1, "output") != LUA_TNIL)
		r->output = lamL_checkfd(L, -1, "option 'output'");
	r->digest = lamL_digestfield(L, 1, "digest");
	read_limits(L, r);
	r->progress = lamL_progress_of;
	r->progress_data = L;
}

/* { name = value }; a header that came twice has both values, as a list has them. */
static void push_headers(lua_State *L, const struct lam_http_answer *answer)
{
	const char *line = answer->headers.len ? answer->headers.data : "";

	lua_newtable(L);
	while (*line) {
		const char *colon = strchr(line, ':'), *end = strchr(line, '\n');
		const char *value = colon + 1 + strspn(colon + 1, " \t");

		lua_pushlstring(L, line, (size_t)(colon - line));
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) == LUA_TSTRING) {
			lua_pushliteral(L, ", ");
			lua_pushlstring(L, value, (size_t)(end - value));
			lua_concat(L, 3);
		} else {
			lua_pop(L, 1);
			lua_pushlstring(L, value, (size_t)(end - value));
		}
		lua_rawset(L, -3);
		line = end + 1;
	}
}

static int push_answer(lua_State *L, const struct lam_http_answer *answer)
{
	lua_createtable(L, 0, 6);
	lua_pushinteger(L, answer->status);
	lua_setfield(L, -2, "status");
	lua_pushstring(L, answer->url);
	lua_setfield(L, -2, "url");
	lua_pushinteger(L, (lua_Integer)answer->size);
	lua_setfield(L, -2, "size");
	lua_pushfstring(L, "sha256:%s", answer->digest);
	lua_setfield(L, -2, "digest");
	lua_pushlstring(L, answer->body.data ? answer->body.data : "", answer->body.len);
	lua_setfield(L, -2, "body");
	push_headers(L, answer);
	lua_setfield(L, -2, "headers");
	return 1;
}

/* http.request {url=, method="GET", headers=, body=, body_size=, output=, …} -> { status=,
 * headers=, body=, url=, size=, digest= } | nil, err */
static int l_request(lua_State *L)
{
	struct lam_http_request request = { .output = -1 };
	struct lam_http_answer *answer;
	struct lam_err err;

	lua_settop(L, 1);
	read_request(L, &request);
	answer = lua_newuserdatauv(L, sizeof(*answer), 0);
	memset(answer, 0, sizeof(*answer));
	luaL_setmetatable(L, ANSWER_TYPE);
	if (lam_http(&request, answer, &err) < 0)
		return lamL_fail(L, &err);
	return push_answer(L, answer);
}

static int l_url_gc(lua_State *L)
{
	lam_url_free(luaL_checkudata(L, 1, URL_TYPE));
	return 0;
}

/* http.url(text[, base]) -> { url=, origin=, host=, tls= } | nil, err */
static int l_url(lua_State *L)
{
	const char *text = lamL_checkpath(L, 1);
	const char *base = lua_isnoneornil(L, 2) ? NULL : lamL_checkpath(L, 2);
	struct lam_url *url = lua_newuserdatauv(L, sizeof(*url), 0);
	struct lam_err err;

	memset(url, 0, sizeof(*url));
	luaL_setmetatable(L, URL_TYPE);
	if (lam_url_read(base, text, url, &err) < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 4);
	lua_pushstring(L, url->text);
	lua_setfield(L, -2, "url");
	lua_pushstring(L, url->origin);
	lua_setfield(L, -2, "origin");
	lua_pushstring(L, url->host);
	lua_setfield(L, -2, "host");
	lua_pushboolean(L, url->is_tls);
	lua_setfield(L, -2, "tls");
	return 1;
}

static const luaL_Reg url_meta[] = { { "__gc", l_url_gc }, { NULL, NULL } };
static const luaL_Reg meta[] = { { "__gc", l_answer_gc }, { NULL, NULL } };
static const luaL_Reg no_methods[] = { { NULL, NULL } };
static const luaL_Reg functions[] = { { "request", l_request }, { "url", l_url }, { NULL, NULL } };

int luaopen_lamina_core_http(lua_State *L);
int luaopen_lamina_core_http(lua_State *L)
{
	lamL_newtype(L, ANSWER_TYPE, meta, no_methods);
	lamL_newtype(L, URL_TYPE, url_meta, no_methods);
	luaL_newlib(L, functions);
	return 1;
}
