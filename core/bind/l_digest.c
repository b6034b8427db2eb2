/* l_digest.c - require "lamina.core.digest": SHA-256.
 *
 *   digest.sha256("text")                    -- hex
 *   local sha = digest.new(); sha:update(part); sha:hex()
 */

#include "base/auto.h"
#include "base/digest.h"
#include "base/regular.h"
#include "bind/lamlua.h"

#define SHA_TYPE "lamina.sha256"

static struct lam_sha256 *check(lua_State *L)
{
	struct lam_sha256 **slot = luaL_checkudata(L, 1, SHA_TYPE);

	luaL_argcheck(L, *slot, 1, "the hasher is gone");
	return *slot;
}

/* digest.new() -> hasher */
static int l_new(lua_State *L)
{
	struct lam_sha256 **slot = lamL_scratch(L, sizeof(*slot));
	struct lam_err err;

	luaL_setmetatable(L, SHA_TYPE);
	*slot = lam_sha256_new(&err);
	return *slot ? 1 : luaL_error(L, "%s", err.text);
}

/* sha:update(text) -> sha */
static int l_update(lua_State *L)
{
	struct lam_sha256 *sha = check(L);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);

	lam_sha256_update(sha, text, len);
	lua_settop(L, 1);
	return 1;
}

/* sha:hex() -> text; what follows belongs to a new digest */
static int l_hex(lua_State *L)
{
	struct lam_sha256 *sha = check(L);
	char hex[LAM_SHA256_HEX];

	lam_sha256_hex(sha, hex);
	lua_pushstring(L, hex);
	return 1;
}

static int l_gc(lua_State *L)
{
	struct lam_sha256 **slot = luaL_checkudata(L, 1, SHA_TYPE);

	lam_sha256_free(*slot);
	*slot = NULL;
	return 0;
}

/* digest.sha256(text) -> hex */
static int l_sha256(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	char hex[LAM_SHA256_HEX];
	struct lam_err err;
	struct lam_sha256 *sha = lam_sha256_new(&err);

	if (!sha)
		return luaL_error(L, "%s", err.text);
	lam_sha256_update(sha, text, len);
	lam_sha256_hex(sha, hex);
	lam_sha256_free(sha);
	lua_pushstring(L, hex);
	return 1;
}

static int hash_file(int root, const char *path, char hex[LAM_SHA256_HEX], uint64_t *size,
		     struct lam_err *err)
{
	lam_autofd fd = lam_regular_open(root, path, 0, err);

	return fd < 0 ? -1 : lam_sha256_fd(fd, hex, size, path, err);
}

/* digest.file(path[, {root=}]) -> hex, size | nil, err */
static int l_file(lua_State *L)
{
	static const char *const known[] = { "root", NULL };
	const char *path = lamL_checkpath(L, 1);
	char hex[LAM_SHA256_HEX];
	struct lam_err err;
	uint64_t size;
	int root;

	lamL_options(L, 2, known);
	root = lamL_rootfield(L, 2);
	if (hash_file(root, path, hex, &size, &err) < 0)
		return lamL_fail(L, &err);
	lua_pushstring(L, hex);
	lua_pushinteger(L, (lua_Integer)size);
	return 2;
}

static const luaL_Reg meta[] = { { "__gc", l_gc }, { NULL, NULL } };
static const luaL_Reg methods[] = { { "update", l_update }, { "hex", l_hex }, { NULL, NULL } };
static const luaL_Reg functions[] = {
	{ "new", l_new }, { "sha256", l_sha256 }, { "file", l_file }, { NULL, NULL }
};

int luaopen_lamina_core_digest(lua_State *L);
int luaopen_lamina_core_digest(lua_State *L)
{
	lamL_newtype(L, SHA_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
