/* l_copy.c - see l_copy.h */
#include "bind/l_copy.h"

#include <errno.h>

#include "bind/l_value.h"
#include "layer/copy.h"

#define COPY_TYPE "lamina.copy"

static int l_free(lua_State *L)
{
	struct lam_copy *c = luaL_checkudata(L, 1, COPY_TYPE);

	lam_links_free(c->reuse.taken);
	lam_links_free(c->links);
	c->reuse.taken = c->links = NULL;
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_free }, { "__close", l_free }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };

void lamL_copy_type(lua_State *L)
{
	lamL_newtype(L, COPY_TYPE, meta, none);
}

/* Handles what is raised: a value that isn't text may have a way of its own to become one. */
static int l_text(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	return 1;
}

/* The Lua function at index 2 of the state: exclude(path, below, is_dir) -> verdict. What it
 * raises becomes a failure: nothing may jump out of the copy. */
static enum lam_verdict ask(void *data, const char *path, const char *below, int is_dir,
			    struct lam_err *err)
{
	lua_State *L = data;
	enum lam_verdict verdict = LAM_KEEP;
	const char *word;
	int is_sound;

	lua_pushcfunction(L, l_text);
	lua_pushvalue(L, 2);
	lua_pushstring(L, path);
	lua_pushstring(L, below);
	lua_pushboolean(L, is_dir);
	is_sound = lua_pcall(L, 3, 1, -5) == LUA_OK;
	word = lua_tostring(L, -1);
	if (!is_sound) {
		lam_err_set(err, 0, "exclude: %s", word ? word : luaL_typename(L, -1));
		verdict = LAM_FAIL;
	} else if (word) {
		verdict = *word == 's' ? LAM_SKIP : *word == 'p' ? LAM_PRUNE : LAM_KEEP;
	}
	lua_pop(L, 2);
	return verdict;
}

/* The pair { uid, gid } of an option, -1 where there is none. */
static void read_owner(lua_State *L, struct lam_clone *as)
{
	as->uid = as->gid = -1;
	if (lua_getfield(L, 1, "chown") == LUA_TTABLE) {
		lua_geti(L, -1, 1);
		lua_geti(L, -2, 2);
		as->uid = luaL_checkinteger(L, -2);
		as->gid = luaL_checkinteger(L, -1);
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
}

/* Adds { name=, path= } or { link=, path= } to the table at index 3: see copy.h. */
static int note_place(void *data, unsigned number, const char *path, const char *first,
		      struct lam_err *err)
{
	lua_State *L = data;

	(void)err;
	lua_createtable(L, 0, 2);
	if (number > 0)
		lua_pushfstring(L, "%d", (int)number);
	else
		lua_pushstring(L, first);
	lua_setfield(L, -2, number > 0 ? "name" : "link");
	lua_pushstring(L, path);
	lua_setfield(L, -2, "path");
	lua_rawseti(L, 3, (lua_Integer)lua_rawlen(L, 3) + 1);
	return 0;
}

/* Files stay hard links of each other within what one source means, so that sources which are
 * copied with one call are files of their own. Answers the source the item at the top is of. */
static lua_Integer begin_source(lua_State *L, struct lam_copy *c, lua_Integer last,
				struct lam_err *err)
{
	lua_Integer source = lamL_intfield(L, lua_gettop(L), "source", 1);

	if (!c->links || source != last) {
		lam_links_free(c->links);
		c->links = lam_links_new(err);
	}
	return source;
}

/* Copies each { path=, name=[, source=] } of the list at the top. */
static int copy_each(lua_State *L, struct lam_copy *c, struct lam_err *err)
{
	lua_Integer source = 0;

	for (lua_Integer i = 1; lua_geti(L, -1, i) == LUA_TTABLE; i++) {
		const char *path, *name;
		int result;

		source = begin_source(L, c, source, err);
		if (!c->links)
			return -1;
		lua_getfield(L, -1, "path");
		lua_getfield(L, -2, "name");
		path = lua_tostring(L, -2);
		name = lua_tostring(L, -1);
		result = path && name ? lam_copy(c, path, name, err)
				      : lam_err_set(err, EINVAL, "a source without a path");
		lua_pop(L, 3);
		if (result < 0)
			return -1;
	}
	lua_pop(L, 1);
	return 0;
}

/* layer.copy{from=, sources={{path=, name=, source=number}, …}, to=, destination=[,
 * chown={uid, gid}, chmod=, parents=, reset_owner=, foreign=, powerless=, exclude=function,
 * earlier=, staged=, raw=, epoch=]} -> { bytes=, left_out=, reused=, places= } | nil, err */
int lamL_layer_copy(lua_State *L)
{
	static const char *const known[] = { "from",    "sources",   "to",      "destination",
					     "chown",   "chmod",     "parents", "reset_owner",
					     "foreign", "powerless", "exclude", "earlier",
					     "staged",  "raw",       "epoch",   NULL };
	struct lam_copy *c;
	struct lam_err err;
	int result = -1;

	luaL_checktype(L, 1, LUA_TTABLE);
	lamL_checkkeys(L, 1, known);
	lua_settop(L, 1);
	lua_getfield(L, 1, "exclude"); /* index 2: see ask */
	lua_newtable(L);               /* index 3: see note_place */
	c = lamL_scratch(L, sizeof(*c));
	luaL_setmetatable(L, COPY_TYPE);
	lua_toclose(L, 4);
	c->progress = lamL_progress_rate;
	c->place = note_place;
	c->progress_data = c->place_data = L;
	if (lua_isfunction(L, 2))
		c->exclude = ask;
	c->exclude_data = L;
	c->earlier = (int)lamL_intfield(L, 1, "earlier", -1);
	c->staged = (int)lamL_intfield(L, 1, "staged", -1);
	c->is_raw = lamL_boolfield(L, 1, "raw", 0);
	c->reuse.epoch = lamL_intfield(L, 1, "epoch", -1);
	c->from = (int)lamL_intfield(L, 1, "from", -1);
	c->to = (int)lamL_intfield(L, 1, "to", -1);
	c->destination = lamL_optfield(L, 1, "destination", "");
	luaL_argcheck(L, c->destination[0] == '/', 1, "an absolute destination expected");
	c->parents = lamL_boolfield(L, 1, "parents", 0);
	c->as.reset_owner = lamL_boolfield(L, 1, "reset_owner", 0);
	c->as.is_foreign = lamL_boolfield(L, 1, "foreign", 0);
	c->as.powerless = lamL_boolfield(L, 1, "powerless", 0);
	c->as.chmod = lamL_optfield(L, 1, "chmod", NULL);
	read_owner(L, &c->as);
	luaL_argcheck(L, lua_getfield(L, 1, "sources") == LUA_TTABLE, 1, "sources expected");
	luaL_checkstack(L, 16, "copy");
	c->reuse.taken = lam_links_new(&err);
	if (c->reuse.taken)
		result = copy_each(L, c, &err);
	if (result < 0)
		return lamL_fail(L, &err);
	lua_createtable(L, 0, 4);
	lua_pushvalue(L, 3);
	lua_setfield(L, -2, "places");
	lua_pushinteger(L, (lua_Integer)c->reuse.count);
	lua_setfield(L, -2, "reused");
	lua_pushinteger(L, (lua_Integer)c->as.bytes);
	lua_setfield(L, -2, "bytes");
	lua_pushinteger(L, (lua_Integer)c->as.left_out);
	lua_setfield(L, -2, "left_out");
	return 1;
}
