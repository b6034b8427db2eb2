/* l_database.c - require "lamina.core.database": SQLite, with bound values only.
 *
 *   local db <close> = assert(database.open(path))
 *   local row = db:row("select * from images where id = ?", id)
 *
 * The file is ours, yet not trusted: defensive mode, no functions from the schema, no
 * extensions. Write-ahead log; a busy database is waited for. Statements are kept prepared. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "bind/lamlua.h"

#define DATABASE_TYPE "lamina.database"

struct database_box {
	sqlite3 *db; /* NULL once closed */
};

static struct database_box *check(lua_State *L)
{
	struct database_box *box = luaL_checkudata(L, 1, DATABASE_TYPE);

	luaL_argcheck(L, box->db, 1, "the database is closed");
	return box;
}

/* SQLite tells of a full disk as FULL, or as an I/O error with the reason beside it. */
static int is_full(sqlite3 *db, int code)
{
	int num = db ? sqlite3_system_errno(db) : 0;

	return code == SQLITE_FULL || ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
				       (num == ENOSPC || num == EDQUOT));
}

static const char *error_name(sqlite3 *db, int code)
{
	const char *name;

	if (is_full(db, code))
		return "ENOSPC";
	switch (code) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "SQLITE_CORRUPT";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "SQLITE_BUSY";
	case SQLITE_READONLY:
		return "EROFS";
	case SQLITE_CONSTRAINT:
		return "SQLITE_CONSTRAINT";
	case SQLITE_CANTOPEN:
		name = strerrorname_np(sqlite3_system_errno(db));
		return name && sqlite3_system_errno(db) ? name : "SQLITE_ERROR";
	default:
		return "SQLITE_ERROR";
	}
}

/* nil, { errno = "SQLITE_BUSY"-like name, message = } */
static int fail(lua_State *L, sqlite3 *db, const char *what)
{
	const char *name = error_name(db, db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM);
	const char *why = db ? sqlite3_errmsg(db) : "out of memory";

	if (strcmp(name, "ENOSPC") == 0)
		why = strerror(ENOSPC);
	else if (strcmp(name, "EROFS") == 0)
		why = strerror(EROFS);
	luaL_pushfail(L);
	lua_createtable(L, 0, 2);
	lua_pushfstring(L, "database: %s: %s", what, why);
	lua_setfield(L, -2, "message");
	lua_pushstring(L, name);
	lua_setfield(L, -2, "errno");
	return 2;
}

/* SQLite doesn't always wait for others that do the same to a new file: so we do, and it never. */
static int use_log(sqlite3 *db, int timeout)
{
	enum { PAUSE = 5 };
	int rc;

	sqlite3_busy_timeout(db, 0);
	for (int waited = 0;; waited += PAUSE) {
		rc = sqlite3_exec(db, "pragma journal_mode = wal; pragma synchronous = normal",
				  NULL, NULL, NULL);
		if (rc != SQLITE_BUSY || waited >= timeout)
			break;
		sqlite3_sleep(PAUSE);
	}
	sqlite3_busy_timeout(db, timeout);
	return rc == SQLITE_OK ? 0 : -1;
}

static int set_up(sqlite3 *db, int readonly, int timeout)
{
	sqlite3_busy_timeout(db, timeout);
	sqlite3_extended_result_codes(db, 0);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	if (sqlite3_exec(db, "pragma foreign_keys = on", NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	return readonly ? 0 : use_log(db, timeout);
}

/* The path as a URI of a file that nobody changes: SQLite needs no files beside it then. Replaces
 * the value at index 1. */
static const char *immutable_uri(lua_State *L, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	luaL_addstring(&out, "file:");
	for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
		if (*at == '%' || *at == '?' || *at == '#') {
			luaL_addchar(&out, '%');
			luaL_addchar(&out, hex[*at >> 4]);
			luaL_addchar(&out, hex[*at & 15]);
		} else {
			luaL_addchar(&out, (char)*at);
		}
	}
	luaL_addstring(&out, "?immutable=1");
	luaL_pushresult(&out);
	lua_replace(L, 1);
	return lua_tostring(L, 1);
}

/* The path with the links of its folder followed: SQLITE_OPEN_NOFOLLOW refuses every link in it,
 * and is wanted for the file alone. */
static const char *resolve_folder(lua_State *L, const char *path)
{
	const char *slash = strrchr(path, '/');
	char real[PATH_MAX];

	if (!slash || slash == path)
		return path;
	lua_pushlstring(L, path, (size_t)(slash - path));
	if (!realpath(lua_tostring(L, -1), real))
		return path; /* SQLite says why it can't be opened */
	return lua_pushfstring(L, "%s%s", real, slash);
}

/* database.open(path[, {readonly=, immutable=, timeout=ms}]) -> db | nil, err; immutable: nobody
 * else writes to it either */
static int l_open(lua_State *L)
{
	static const char *const known[] = { "readonly", "immutable", "timeout", NULL };
	const char *path = lamL_checkpath(L, 1), *name = path;
	struct database_box *box;
	int readonly, timeout, flags;

	lua_settop(L, 2);
	lamL_options(L, 2, known);
	readonly = lamL_boolfield(L, 2, "readonly", 0);
	timeout = (int)lamL_rangefield(L, 2, "timeout", 60000, 0, INT_MAX);
	flags = readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	path = name = resolve_folder(L, path);
	if (lamL_boolfield(L, 2, "immutable", 0)) {
		name = immutable_uri(L, path);
		path = name + strlen("file:");
		flags |= SQLITE_OPEN_URI;
	}
	box = lua_newuserdatauv(L, sizeof(*box), 1);
	box->db = NULL;
	luaL_setmetatable(L, DATABASE_TYPE);
	lua_newtable(L); /* text -> prepared statement */
	lua_setiuservalue(L, -2, 1);
	if (sqlite3_open_v2(name, &box->db, flags | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK ||
	    set_up(box->db, readonly, timeout) < 0)
		return fail(L, box->db, path);
	return 1;
}

static const char *check_sql(lua_State *L)
{
	size_t len;
	const char *sql = luaL_checklstring(L, 2, &len);

	luaL_argcheck(L, strlen(sql) == len, 2, "a zero byte in the statement");
	return sql;
}

/* The prepared statement for the text at index 2; NULL with the failure in the connection. */
static sqlite3_stmt *statement(lua_State *L, struct database_box *box)
{
	const char *sql = check_sql(L), *rest = "";
	sqlite3_stmt *made = NULL;

	lua_getiuservalue(L, 1, 1);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, -2) == LUA_TLIGHTUSERDATA) {
		made = lua_touserdata(L, -1);
		lua_pop(L, 2);
		return made;
	}
	lua_pop(L, 1);
	if (sqlite3_prepare_v3(box->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, &rest) !=
	    SQLITE_OK)
		return NULL;
	if (!made || rest[strspn(rest, " \t\r\n;")]) {
		sqlite3_finalize(made);
		luaL_argerror(L, 2, "one statement expected");
	}
	lua_pushvalue(L, 2);
	lua_pushlightuserdata(L, made);
	lua_rawset(L, -3);
	lua_pop(L, 1);
	return made;
}

static int bind_value(lua_State *L, sqlite3_stmt *stmt, int place, int index)
{
	size_t len;
	const char *text;

	switch (lua_type(L, index)) {
	case LUA_TNIL:
		return sqlite3_bind_null(stmt, place);
	case LUA_TBOOLEAN:
		return sqlite3_bind_int(stmt, place, lua_toboolean(L, index));
	case LUA_TNUMBER:
		return lua_isinteger(L, index)
			   ? sqlite3_bind_int64(stmt, place, lua_tointeger(L, index))
			   : sqlite3_bind_double(stmt, place, lua_tonumber(L, index));
	case LUA_TSTRING:
		text = lua_tolstring(L, index, &len);
		return sqlite3_bind_text64(stmt, place, text, len, SQLITE_TRANSIENT, SQLITE_UTF8);
	default:
		return luaL_argerror(L, index, "nil, boolean, number or string expected");
	}
}

/* Prepares and binds arguments 3 and up; NULL on failure. */
static sqlite3_stmt *bound(lua_State *L, struct database_box *box)
{
	sqlite3_stmt *stmt = statement(L, box);
	int given = lua_gettop(L) - 2;

	if (!stmt)
		return NULL;
	sqlite3_reset(stmt);
	if (sqlite3_bind_parameter_count(stmt) != given)
		luaL_error(L, "database: %d values for %d places in: %s", given,
			   sqlite3_bind_parameter_count(stmt), lua_tostring(L, 2));
	for (int i = 1; i <= given; i++)
		if (bind_value(L, stmt, i, i + 2) != SQLITE_OK)
			return NULL;
	return stmt;
}

static void push_column(lua_State *L, sqlite3_stmt *stmt, int i)
{
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER:
		lua_pushinteger(L, sqlite3_column_int64(stmt, i));
		break;
	case SQLITE_FLOAT:
		lua_pushnumber(L, sqlite3_column_double(stmt, i));
		break;
	case SQLITE_NULL:
		lua_pushnil(L);
		break;
	default:
		lua_pushlstring(L, sqlite3_column_blob(stmt, i),
				(size_t)sqlite3_column_bytes(stmt, i));
	}
}

static void push_row(lua_State *L, sqlite3_stmt *stmt)
{
	int n = sqlite3_column_count(stmt);

	lua_createtable(L, 0, n);
	for (int i = 0; i < n; i++) {
		push_column(L, stmt, i);
		lua_setfield(L, -2, sqlite3_column_name(stmt, i));
	}
}

/* db:exec(sql) -> true | nil, err: several statements, no values */
static int l_exec(lua_State *L)
{
	struct database_box *box = check(L);
	const char *sql = check_sql(L);

	if (sqlite3_exec(box->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(L, box->db, "exec");
	lua_pushboolean(L, 1);
	return 1;
}

/* db:run(sql, ...) -> changed rows, last row id | nil, err */
static int l_run(lua_State *L)
{
	struct database_box *box = check(L);
	sqlite3_stmt *stmt = bound(L, box);
	int rc;

	if (!stmt)
		return fail(L, box->db, "prepare");
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		;
	if (rc != SQLITE_DONE) {
		fail(L, box->db, "run");
		sqlite3_reset(stmt);
		return 2;
	}
	sqlite3_reset(stmt);
	lua_pushinteger(L, sqlite3_changes(box->db));
	lua_pushinteger(L, sqlite3_last_insert_rowid(box->db));
	return 2;
}

/* db:row(sql, ...) -> { column = value } | nil (there is none) | nil, err */
static int l_row(lua_State *L)
{
	struct database_box *box = check(L);
	sqlite3_stmt *stmt = bound(L, box);
	int rc;

	if (!stmt)
		return fail(L, box->db, "prepare");
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		push_row(L, stmt);
	else if (rc == SQLITE_DONE)
		lua_pushnil(L);
	else
		fail(L, box->db, "row");
	sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 1 : 2;
}

/* db:rows(sql, ...) -> array of rows | nil, err */
static int l_rows(lua_State *L)
{
	struct database_box *box = check(L);
	sqlite3_stmt *stmt = bound(L, box);
	lua_Integer n = 0;
	int rc;

	if (!stmt)
		return fail(L, box->db, "prepare");
	lua_newtable(L);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		push_row(L, stmt);
		lua_rawseti(L, -2, ++n);
	}
	if (rc != SQLITE_DONE)
		fail(L, box->db, "rows");
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 1 : 2;
}

static int step_out(lua_State *L, struct database_box *box, const char *sql)
{
	if (sqlite3_exec(box->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return fail(L, box->db, sql);
}

/* db:transaction(fn, ...) -> what fn answers | nil, err: rolled back when fn raises, which goes
 * on up. Inside another one it is part of that. */
static int l_transaction(lua_State *L)
{
	struct database_box *box = check(L);
	int outermost = sqlite3_get_autocommit(box->db), first = lua_gettop(L), failed;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (outermost && step_out(L, box, "begin immediate"))
		return 2;
	lua_pushvalue(L, 1); /* keeps the database below what fn answers */
	lua_insert(L, 2);
	failed = lua_pcall(L, first - 2, LUA_MULTRET, 0) != LUA_OK;
	if (failed) {
		if (outermost && box->db)
			sqlite3_exec(box->db, "rollback", NULL, NULL, NULL);
		return lua_error(L);
	}
	if (!box->db)
		return luaL_error(L, "the database was closed inside its transaction");
	if (outermost && step_out(L, box, "commit")) {
		sqlite3_exec(box->db, "rollback", NULL, NULL, NULL);
		return 2;
	}
	return lua_gettop(L) - 2;
}

/* db:close() - also __close and __gc */
static int l_close(lua_State *L)
{
	struct database_box *box = luaL_checkudata(L, 1, DATABASE_TYPE);
	sqlite3_stmt *stmt;

	if (!box->db)
		return 0;
	while ((stmt = sqlite3_next_stmt(box->db, NULL)))
		sqlite3_finalize(stmt);
	sqlite3_close(box->db);
	box->db = NULL;
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_close }, { "__close", l_close }, { NULL, NULL } };
static const luaL_Reg methods[] = {
	{ "exec", l_exec },
	{ "run", l_run },
	{ "row", l_row },
	{ "rows", l_rows },
	{ "transaction", l_transaction },
	{ "close", l_close },
	{ NULL, NULL },
};
static const luaL_Reg functions[] = { { "open", l_open }, { NULL, NULL } };

int luaopen_lamina_core_database(lua_State *L);
int luaopen_lamina_core_database(lua_State *L)
{
	lamL_newtype(L, DATABASE_TYPE, meta, methods);
	luaL_newlib(L, functions);
	return 1;
}
