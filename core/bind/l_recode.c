/* l_recode.c - layer.recode: a blob is verified and written on, no tree is made of it. */
#include <fcntl.h>

#include "base/auto.h"
#include "bind/l_layer.h"
#include "bind/l_value.h"
#include "layer/recode.h"

static const char *const options[] = { "output",  "compression", "level",  "digest",
				       "diff_id", "size",        "limits", NULL };

static void read_options(lua_State *L, struct lam_recode *how, struct lamL_expected *want)
{
	struct lam_apply_limits limits;
	int compression;

	lamL_options(L, 2, options);
	lamL_read_limits(L, 2, &limits);
	lua_settop(L, 2);
	how->limits = (struct lam_decode_limits){ limits.bytes, limits.ratio, 0 };
	how->level = (int)lamL_rangefield(L, 2, "level", 0, 1, 22);
	compression = lamL_compression_field(L, 2, -1);
	how->as_came = compression < 0;
	how->compression = how->as_came ? LAM_COMPRESSION_NONE : (enum lam_compression)compression;
	lamL_read_expected(L, 2, want);
}

static int recode(struct lamL_either *source, struct lamL_either *output, struct lam_recode *how,
		  struct lam_decoded *in, struct lam_decoded *out, struct lam_err *err)
{
	int result = lamL_open_either(source, O_RDONLY, err);

	if (result == 0)
		result = lamL_open_either(output, O_WRONLY | O_CREAT | O_TRUNC, err);
	how->output = output->fd;
	if (result == 0)
		result = lam_recode(source->fd, how, in, out, err);
	lam_auto_close(&source->owned);
	lam_auto_close(&output->owned);
	return result;
}

/* layer.recode(source[, {output=, compression=, level=, digest=, diff_id=, size=, limits={…}}])
 * -> info of what was written | nil, err; without compression the bytes stay as they are */
static int l_recode(lua_State *L)
{
	struct lam_recode how = { .progress = lamL_progress_rate, .progress_data = L };
	struct lamL_either source, output = { .fd = -1, .owned = -1 };
	struct lam_decoded in, out;
	struct lamL_expected want;
	struct lam_err err;

	lua_settop(L, 2);
	lamL_check_either(L, 1, "source", &source);
	read_options(L, &how, &want);
	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "output") != LUA_TNIL)
		lamL_check_either(L, -1, "option 'output'", &output);
	if (recode(&source, &output, &how, &in, &out, &err) < 0 ||
	    lamL_verify(&in, &want, &err) < 0)
		return lamL_fail(L, &err);
	lamL_push_stream(L, &out, 0, 0);
	return 1;
}

static const luaL_Reg functions[] = { { "recode", l_recode }, { NULL, NULL } };

void lamL_recode_functions(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
