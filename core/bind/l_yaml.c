/* l_yaml.c - require "lamina.core.yaml": one YAML document through libyaml, as json's values.
 *
 * Read event by event, with a stack of its own: what is nested costs no C stack. Of the language
 * only what data needs is taken: no tags, no merge keys, no second document. An alias answers the
 * very value of its anchor; what it would be if written out counts against the limits. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "bind/l_json.h"
#include "bind/l_scalar.h"
#include "bind/lamlua.h"

#define READER_TYPE "lamina.yaml.reader"

enum { DEPTH = 64, DEEPEST = 1000, ALIASES = 1000, NODES = 100000, LIMIT = 8 << 20 };

/* Where things are on the Lua stack. Above them, for each open collection: the name of its anchor
 * or nil, the table, and in a mapping the key that waits for its value. */
enum { TEXT = 1, OPTIONS, READER, FRAMES, ANCHORS, LINES, FIXED = LINES };

/* What a node is when written out. */
struct size {
	lua_Integer nodes, bytes;
	int height; /* of nesting below it */
};

struct frame {
	int is_mapping, has_key;
	lua_Integer count;  /* values of a sequence */
	struct size before; /* the reader's when it began */
	int height;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	int has_parser, has_event, documents;
	struct frame *frames;
	int depth;      /* frames in use */
	size_t skipped; /* bytes of a byte order mark */
	lua_Integer aliases, max_depth, max_aliases, max_nodes, max_bytes;
	struct size size;
	struct lam_err err;
};

static void drop_event(struct reader *reader)
{
	if (reader->has_event)
		yaml_event_delete(&reader->event);
	reader->has_event = 0;
}

static int l_reader_gc(lua_State *L)
{
	struct reader *reader = luaL_checkudata(L, 1, READER_TYPE);

	drop_event(reader);
	if (reader->has_parser)
		yaml_parser_delete(&reader->parser);
	reader->has_parser = 0;
	return 0;
}

static int refuse_at(struct reader *reader, size_t line, size_t column, const char *fmt,
		     va_list args)
{
	char why[300];

	vsnprintf(why, sizeof(why), fmt, args);
	return lam_err_set(&reader->err, 0, "yaml: line %zu, column %zu: %s", line + 1, column + 1,
			   why);
}

static int refuse(struct reader *reader, const char *fmt, ...) LAM_PRINTF(2, 3);
static int refuse(struct reader *reader, const char *fmt, ...)
{
	const yaml_mark_t *mark = &reader->event.start_mark;
	va_list args;

	va_start(args, fmt);
	refuse_at(reader, mark->line, mark->column, fmt, args);
	va_end(args);
	return -1;
}

static int refuse_byte(struct reader *reader, const char *text, size_t at, const char *fmt, ...)
    LAM_PRINTF(4, 5);
static int refuse_byte(struct reader *reader, const char *text, size_t at, const char *fmt, ...)
{
	size_t line = 0, column = 0;
	va_list args;

	for (size_t i = 0; i < at; i++) {
		column += ((unsigned char)text[i] & 0xC0) != 0x80; /* characters, not bytes */
		if (text[i] == '\n')
			line++, column = 0;
	}
	va_start(args, fmt);
	refuse_at(reader, line, column, fmt, args);
	va_end(args);
	return -1;
}

/* What libyaml has against the text. */
static int refuse_text(lua_State *L, struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "can't be read";
	size_t len, at = parser->problem_offset;
	const char *text = lua_tolstring(L, TEXT, &len) + reader->skipped;

	len -= reader->skipped;
	if (parser->error == YAML_MEMORY_ERROR)
		return luaL_error(L, "yaml: out of memory");
	if (parser->error == YAML_READER_ERROR)
		return refuse_byte(reader, text, at < len ? at : len, "%s", problem);
	return lam_err_set(&reader->err, 0, "yaml: line %zu, column %zu: %s%s%s",
			   parser->problem_mark.line + 1, parser->problem_mark.column + 1, problem,
			   parser->context ? " " : "", parser->context ? parser->context : "");
}

/* Counts what was added, aliases as if written out. */
static int count(struct reader *reader, lua_Integer nodes, lua_Integer bytes)
{
	reader->size.nodes += nodes;
	reader->size.bytes += bytes;
	if (reader->size.nodes > reader->max_nodes)
		return refuse(reader, "more than the limit of %lld nodes, with aliases written out",
			      (long long)reader->max_nodes);
	if (reader->size.bytes > reader->max_bytes)
		return refuse(reader, "more than the limit of %lld bytes, with aliases written out",
			      (long long)reader->max_bytes);
	return 0;
}

/* The value on top gets its place; the document's own stays where it is. */
static void place(lua_State *L, struct reader *reader, int height)
{
	struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;

	if (!frame)
		return;
	if (frame->height <= height)
		frame->height = height + 1;
	frame->has_key = 0;
	if (frame->is_mapping)
		lua_rawset(L, -3);
	else
		lua_rawseti(L, -2, ++frame->count);
}

/* Where a value of the collection on top began: lines[table][key], key on top. */
static void note_line(lua_State *L, struct reader *reader, int table)
{
	if (lua_isnil(L, LINES))
		return;
	lua_pushvalue(L, table);
	lua_rawget(L, LINES);
	lua_pushvalue(L, -2);
	lua_pushinteger(L, (lua_Integer)reader->event.start_mark.line + 1);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static void note_item(lua_State *L, struct reader *reader)
{
	struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;

	if (!frame || frame->is_mapping)
		return;
	lua_pushinteger(L, frame->count + 1);
	note_line(L, reader, lua_gettop(L) - 1);
	lua_pop(L, 1);
}

static int is_key_next(const struct reader *reader)
{
	const struct frame *frame = reader->depth ? &reader->frames[reader->depth - 1] : NULL;

	return frame && frame->is_mapping && !frame->has_key;
}

/* Remembers the value on top under the anchor's name. */
static void set_anchor(lua_State *L, const char *name, struct size size)
{
	lua_createtable(L, 4, 0);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, 1);
	lua_pushinteger(L, size.nodes);
	lua_rawseti(L, -2, 2);
	lua_pushinteger(L, size.bytes);
	lua_rawseti(L, -2, 3);
	lua_pushinteger(L, size.height);
	lua_rawseti(L, -2, 4);
	lua_setfield(L, ANCHORS, name);
}

static lua_Integer item(lua_State *L, int n)
{
	lua_Integer value;

	lua_rawgeti(L, -1, n);
	value = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return value;
}

static int take_key(lua_State *L, struct reader *reader)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	size_t len = reader->event.data.scalar.length;

	if (reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(text, "<<") == 0)
		return refuse(reader, "merge keys ('<<') aren't taken: write the keys out");
	lua_pushlstring(L, text, len);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) != LUA_TNIL)
		return refuse(reader, "the key '%.100s' comes twice", text);
	lua_pop(L, 1);
	note_line(L, reader, lua_gettop(L) - 1);
	reader->frames[reader->depth - 1].has_key = 1;
	return 0;
}

static int take_scalar(lua_State *L, struct reader *reader)
{
	const char *text = (const char *)reader->event.data.scalar.value;
	const char *anchor = (const char *)reader->event.data.scalar.anchor;
	int is_plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	size_t len = reader->event.data.scalar.length;
	const char *wrong = NULL;

	if (reader->event.data.scalar.tag)
		return refuse(reader, "tags aren't taken, here '%.100s'",
			      (const char *)reader->event.data.scalar.tag);
	if (memchr(text, '\0', len))
		return refuse(reader, "a zero byte in a text");
	if (count(reader, 1, (lua_Integer)len) < 0)
		return -1;
	if (is_key_next(reader))
		return anchor ? refuse(reader, "a key can't have an anchor") : take_key(L, reader);
	note_item(L, reader);
	if (is_plain)
		wrong = lamL_pushscalar(L, text, len);
	else
		lua_pushlstring(L, text, len);
	if (wrong)
		return refuse(reader, "%.100s: %s", text, wrong);
	if (anchor)
		set_anchor(L, anchor, (struct size){ 1, (lua_Integer)len, 0 });
	place(L, reader, 0);
	return 0;
}

static int take_alias(lua_State *L, struct reader *reader)
{
	const char *name = (const char *)reader->event.data.alias.anchor;
	lua_Integer nodes, bytes, height;
	int kind;

	if (++reader->aliases > reader->max_aliases)
		return refuse(reader, "more than the limit of %lld aliases",
			      (long long)reader->max_aliases);
	if (is_key_next(reader))
		return refuse(reader, "a key has to be a text, not an alias");
	note_item(L, reader);
	kind = lua_getfield(L, ANCHORS, name);
	if (kind == LUA_TNIL)
		return refuse(reader, "no anchor '&%.100s' stands before this", name);
	if (kind != LUA_TTABLE)
		return refuse(reader, "'*%.100s' is inside its own anchor", name);
	nodes = item(L, 2);
	bytes = item(L, 3);
	height = item(L, 4);
	if (count(reader, nodes, bytes) < 0)
		return -1;
	if (reader->depth + height > reader->max_depth)
		return refuse(reader, "nested deeper than the limit of %lld",
			      (long long)reader->max_depth);
	lua_rawgeti(L, -1, 1);
	lua_replace(L, -2);
	place(L, reader, (int)height);
	return 0;
}

/* A sequence or a mapping begins. */
static int begin(lua_State *L, struct reader *reader, const yaml_char_t *anchor,
		 const yaml_char_t *tag, int is_mapping)
{
	struct size before = reader->size;

	if (tag)
		return refuse(reader, "tags aren't taken, here '%.100s'", (const char *)tag);
	if (is_key_next(reader))
		return refuse(reader, "a key has to be a text");
	if (reader->depth == reader->max_depth)
		return refuse(reader, "nested deeper than the limit of %lld",
			      (long long)reader->max_depth);
	if (count(reader, 1, 0) < 0)
		return -1;
	note_item(L, reader);
	luaL_checkstack(L, 12, "yaml");
	lua_pushstring(L, (const char *)anchor);
	if (anchor) {
		lua_pushboolean(L, 0); /* not complete */
		lua_setfield(L, ANCHORS, (const char *)anchor);
	}
	lua_newtable(L);
	if (!is_mapping)
		lamL_markarray(L);
	if (!lua_isnil(L, LINES)) {
		lua_pushvalue(L, -1);
		lua_newtable(L);
		lua_rawset(L, LINES);
	}
	reader->frames[reader->depth++] =
	    (struct frame){ .is_mapping = is_mapping, .before = before, .height = 1 };
	return 0;
}

static int end(lua_State *L, struct reader *reader)
{
	struct frame frame = reader->frames[--reader->depth];
	struct size size = { reader->size.nodes - frame.before.nodes,
			     reader->size.bytes - frame.before.bytes, frame.height };

	if (lua_isstring(L, -2))
		set_anchor(L, lua_tostring(L, -2), size);
	lua_remove(L, -2);
	place(L, reader, frame.height);
	return 0;
}

static int begin_document(struct reader *reader)
{
	const yaml_version_directive_t *version =
	    reader->event.data.document_start.version_directive;

	if (reader->documents++)
		return refuse(reader, "a second document: one is expected");
	if (version && (version->major != 1 || version->minor != 2))
		return refuse(reader, "YAML %d.%d: 1.2 expected", version->major, version->minor);
	if (reader->event.data.document_start.tag_directives.start !=
	    reader->event.data.document_start.tag_directives.end)
		return refuse(reader, "tags aren't taken, nor %%TAG");
	return 0;
}

static int take(lua_State *L, struct reader *reader)
{
	const yaml_event_t *event = &reader->event;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(reader);
	case YAML_SCALAR_EVENT:
		return take_scalar(L, reader);
	case YAML_ALIAS_EVENT:
		return take_alias(L, reader);
	case YAML_SEQUENCE_START_EVENT:
		return begin(L, reader, event->data.sequence_start.anchor,
			     event->data.sequence_start.tag, 0);
	case YAML_MAPPING_START_EVENT:
		return begin(L, reader, event->data.mapping_start.anchor,
			     event->data.mapping_start.tag, 1);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(L, reader);
	default:
		return 0;
	}
}

static int read_events(lua_State *L, struct reader *reader)
{
	int is_last = 0;

	while (!is_last) {
		if (!yaml_parser_parse(&reader->parser, &reader->event))
			return refuse_text(L, reader);
		reader->has_event = 1;
		if (take(L, reader) < 0)
			return -1;
		is_last = reader->event.type == YAML_STREAM_END_EVENT;
		drop_event(reader);
	}
	return 0;
}

/* What is refused before it is read. */
static int check_text(struct reader *reader, const char *text, size_t len)
{
	const char *zero;

	if ((lua_Integer)len > reader->max_bytes)
		return lam_err_set(&reader->err, 0, "yaml: longer than the limit of %lld bytes",
				   (long long)reader->max_bytes);
	if (len >= 2 && (memcmp(text, "\xFE\xFF", 2) == 0 || memcmp(text, "\xFF\xFE", 2) == 0))
		return refuse_byte(reader, text, 0, "UTF-16 or UTF-32: UTF-8 expected");
	if (len >= 4 && memcmp(text, "\0\0\xFE\xFF", 4) == 0)
		return refuse_byte(reader, text, 0, "UTF-32: UTF-8 expected");
	zero = memchr(text, '\0', len);
	return zero ? refuse_byte(reader, text, (size_t)(zero - text), "a zero byte") : 0;
}

static struct reader *new_reader(lua_State *L)
{
	struct reader *reader = lamL_scratch(L, sizeof(*reader));

	luaL_setmetatable(L, READER_TYPE);
	reader->max_depth = lamL_rangefield(L, OPTIONS, "depth", DEPTH, 1, DEEPEST);
	reader->max_nodes = lamL_rangefield(L, OPTIONS, "nodes", NODES, 1, INT32_MAX);
	reader->max_aliases = lamL_rangefield(L, OPTIONS, "aliases", ALIASES, 0, INT32_MAX);
	reader->max_bytes = lamL_rangefield(L, OPTIONS, "limit", LIMIT, 0, INT32_MAX);
	reader->frames = lamL_scratch(L, (size_t)reader->max_depth * sizeof(*reader->frames));
	return reader;
}

static void open_parser(lua_State *L, struct reader *reader)
{
	size_t len;
	const char *text = lua_tolstring(L, TEXT, &len);

	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		reader->skipped = 3;
	if (!yaml_parser_initialize(&reader->parser))
		luaL_error(L, "yaml: out of memory");
	reader->has_parser = 1;
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const yaml_char_t *)text + reader->skipped,
				     len - reader->skipped);
}

/* yaml.decode(text[, {depth=, nodes=, aliases=, limit=, lines=}]) -> value[, lines] | nil, err */
static int l_decode(lua_State *L)
{
	static const char *const known[] = { "depth", "nodes", "aliases", "limit", "lines", NULL };
	size_t len;
	const char *text = luaL_checklstring(L, TEXT, &len);
	struct reader *reader;

	lamL_options(L, OPTIONS, known);
	lua_settop(L, OPTIONS);
	reader = new_reader(L);
	lua_newtable(L); /* anchors */
	if (lamL_boolfield(L, OPTIONS, "lines", 0))
		lua_newtable(L);
	else
		lua_pushnil(L);
	if (check_text(reader, text, len) < 0)
		return lamL_fail(L, &reader->err);
	open_parser(L, reader);
	if (read_events(L, reader) < 0)
		return lamL_fail(L, &reader->err);
	if (lua_gettop(L) == FIXED)
		lamL_pushnull(L); /* nothing but comments */
	if (lua_isnil(L, LINES))
		return 1;
	lua_pushvalue(L, LINES);
	return 2;
}

static const luaL_Reg reader_meta[] = { { "__gc", l_reader_gc }, { NULL, NULL } };
static const luaL_Reg none[] = { { NULL, NULL } };
static const luaL_Reg functions[] = { { "decode", l_decode }, { NULL, NULL } };

int luaopen_lamina_core_yaml(lua_State *L);
int luaopen_lamina_core_yaml(lua_State *L)
{
	lamL_newtype(L, READER_TYPE, reader_meta, none);
	lamL_jsonmarks(L);
	luaL_newlib(L, functions);
	return 1;
}
