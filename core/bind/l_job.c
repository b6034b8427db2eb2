/* l_job.c - require "lamina.core.job": a core function in a child process of its own.
 *
 *   local job <close> = assert(job.start(layer.apply, blob, dir))
 *   ... job:fd() becomes readable ...
 *   local what, ok, info = job:read()      -- "result", true, { diff_id = … }
 *
 * The child is a copy of this process; it calls the C function on its copy of the state and
 * sends what it answers through a pipe. Jobs run in parallel, can be killed, and what an
 * attack on a parser would gain is confined: no program can be executed, no socket opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "bind/l_value.h"
#include "bind/lamlua.h"
#include "sys/confine.h"
#include "sys/kernel.h"

#define JOB_TYPE "lamina.job"

enum { ANSWER_LIMIT = 64 << 20 };

struct job_box {
	pid_t pid;     /* 0 once it is reaped */
	int pidfd, fd; /* -1 once released */
	int status;    /* of waitpid, once it is reaped */
	struct lam_buf got;
};

static const char pipe_key; /* registry: in a job, the descriptor that progress goes to */

static struct job_box *check(lua_State *L)
{
	struct job_box *box = luaL_checkudata(L, 1, JOB_TYPE);

	luaL_argcheck(L, box->fd >= 0, 1, "the job is closed");
	return box;
}

void lamL_progress(lua_State *L, long long done, long long total)
{
	long long message[2] = { done, total };
	int fd;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &pipe_key);
	fd = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : -1;
	lua_pop(L, 1);
	if (fd >= 0)
		lamL_frame_write(fd, 'p', message, sizeof(message));
}

void lamL_progress_of(void *L, uint64_t done, uint64_t total)
{
	static struct timespec last; /* of this process; a job is one */
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (now.tv_sec == last.tv_sec && now.tv_nsec - last.tv_nsec < 200000000)
		return;
	last = now;
	lamL_progress(L, (long long)done, (long long)total);
}

void lamL_progress_rate(void *L, uint64_t done)
{
	lamL_progress_of(L, done, 0);
}

/* Runs the function below its arguments and sends "ok, results" or "not ok, error". */
static int answer(lua_State *L, int fd, int nargs)
{
	int base = lua_gettop(L) - nargs - 1;
	int ok = lua_pcall(L, nargs, LUA_MULTRET, 0) == LUA_OK;
	struct lam_buf *out = lamL_value_buf(L);

	lua_pushboolean(L, ok);
	lua_insert(L, base + 1);
	for (int i = base + 1; i < lua_gettop(L); i++)
		lamL_value_put(L, i, out);
	return lamL_frame_write(fd, 'r', out->data, out->len);
}

/* Raises nothing past here: an answer that can't be sent ends the child. */
static int l_answer(lua_State *L)
{
	int fd = (int)lua_tointeger(L, 1);

	lua_remove(L, 1);
	lua_pushboolean(L, answer(L, fd, lua_gettop(L) - 1) == 0);
	return 1;
}

/* Handlers are the parent's; so is the decision what Ctrl-C means. */
static void reset_signals(void)
{
	static const int taken[] = {
		SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD, SIGWINCH
	};

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		signal(taken[i], SIG_DFL);
	signal(SIGINT, SIG_IGN);
}

/* A walk holds a descriptor for each directory on its way down. No program is executed here that
 * could mind. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Stands in for a function that can't be called: raises its argument. */
static int l_raise(lua_State *L)
{
	return lua_error(L);
}

/* Calls what is on the stack, a function and its arguments, and sends the answer. On failure the
 * reason is left there. */
static int call_and_send(lua_State *L, int fd)
{
	lua_pushcfunction(L, l_answer);
	lua_insert(L, 1);
	lua_pushinteger(L, fd);
	lua_insert(L, 2);
	return lua_pcall(L, lua_gettop(L) - 1, 1, 0) == LUA_OK && lua_toboolean(L, -1) ? 0 : -1;
}

static int send_error(lua_State *L, int fd, const char *message)
{
	lua_pushstring(L, message ? message : "out of memory");
	lua_pushcfunction(L, l_raise);
	lua_insert(L, -2);
	lua_rotate(L, 1, 2);
	lua_settop(L, 2);
	return call_and_send(L, fd);
}

static _Noreturn void be_job(lua_State *L, int fd, int confine, pid_t parent)
{
	struct lam_err err;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent) /* it was killed before that */
		_exit(2);
	reset_signals();
	allow_descriptors();
	lua_gc(L, LUA_GCSTOP); /* finalizers of the parent's objects are the parent's */
	lua_pushinteger(L, fd);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &pipe_key);
	if (confine && lam_confine(&err) < 0)
		_exit(send_error(L, fd, err.text) < 0);
	if (call_and_send(L, fd) == 0)
		_exit(0);
	/* an answer that can't be sent, because it is nested too deep, say */
	_exit(send_error(L, fd, lua_tostring(L, -1)) < 0);
}

/* The function and its arguments are the whole stack. */
static int start(lua_State *L, int confine)
{
	struct job_box *box;
	struct lam_err err;
	pid_t parent = getpid();
	int ends[2];

	luaL_argcheck(L, lua_iscfunction(L, 1), 1, "a function of the core expected");
	luaL_checkstack(L, 8, "job");
	box = lua_newuserdatauv(L, sizeof(*box), 0);
	*box = (struct job_box){ 0, -1, -1, 0, LAM_BUF_INIT };
	luaL_setmetatable(L, JOB_TYPE);
	if (pipe2(ends, O_CLOEXEC) < 0) {
		lam_err_set(&err, errno, "pipe");
		return lamL_fail(L, &err);
	}
	box->fd = ends[0];
	box->pid = fork();
	if (box->pid == 0) {
		lua_pop(L, 1);
		close(ends[0]);
		be_job(L, ends[1], confine, parent);
	}
	if (box->pid > 0)
		box->pidfd = lam_pidfd_open(box->pid);
	if (box->pid < 0 || box->pidfd < 0)
		lam_err_set(&err, errno, "fork");
	close(ends[1]);
	return box->pidfd < 0 ? lamL_fail(L, &err) : 1;
}

/* job.start(fn, ...) -> job | nil, err */
static int l_start(lua_State *L)
{
	return start(L, 1);
}

/* job.start_with({confine=true}, fn, ...) -> job | nil, err */
static int l_start_with(lua_State *L)
{
	static const char *const known[] = { "confine", NULL };
	int confine;

	lamL_checkkeys(L, 1, known);
	confine = lamL_boolfield(L, 1, "confine", 1);
	lua_remove(L, 1);
	return start(L, confine);
}

/* job:fd() -> descriptor, readable when there is news; stays the job's */
static int l_fd(lua_State *L)
{
	lua_pushinteger(L, check(L)->fd);
	return 1;
}

/* job:pidfd() -> descriptor, readable when it has ended; stays the job's */
static int l_pidfd(lua_State *L)
{
	lua_pushinteger(L, check(L)->pidfd);
	return 1;
}

/* Adds what is in the pipe. 1 more may come, 0 the end, -1 failure. */
static int receive(struct job_box *box, struct lam_err *err)
{
	struct pollfd in = { .fd = box->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&in, 1, 0) <= 0)
		return 1;
	if (box->got.len > ANSWER_LIMIT)
		return lam_err_set(err, EFBIG, "a job's answer is over the limit");
	if (lam_buf_reserve(&box->got, 65536, err) < 0)
		return -1;
	n = read(box->fd, box->got.data + box->got.len, 65536);
	if (n < 0)
		return errno == EINTR ? 1 : lam_err_set(err, errno, "read from a job");
	box->got.len += (size_t)n;
	return n > 0;
}

static int push_progress(lua_State *L, const struct lamL_frame *frame)
{
	long long message[2] = { 0, 0 };

	if (frame->size == sizeof(message))
		memcpy(message, frame->data, sizeof(message));
	lua_pushliteral(L, "progress");
	lua_createtable(L, 0, 2);
	lua_pushinteger(L, message[0]);
	lua_setfield(L, -2, "done");
	lua_pushinteger(L, message[1]);
	lua_setfield(L, -2, "total");
	return 2;
}

static int push_frame(lua_State *L, struct job_box *box, const struct lamL_frame *frame)
{
	int pushed;

	if (frame->kind == 'p') {
		pushed = push_progress(L, frame);
	} else {
		lua_pushliteral(L, "result");
		pushed = 1 + lamL_value_get(L, frame->data, frame->size);
	}
	lamL_frame_drop(&box->got, frame);
	return pushed;
}

static void reap(struct job_box *box)
{
	if (box->pid > 0)
		while (waitpid(box->pid, &box->status, 0) < 0 && errno == EINTR)
			;
	box->pid = 0;
}

/* It closed its pipe. It should have ended with that; what lives on is no job any more. */
static int fail_dead(lua_State *L, struct job_box *box)
{
	struct pollfd end = { .fd = box->pidfd, .events = POLLIN };
	struct lam_err err;

	if (box->pid > 0 && poll(&end, 1, 1000) == 0)
		kill(box->pid, SIGKILL);
	reap(box);
	if (WIFSIGNALED(box->status))
		lam_err_set(&err, 0, "a job died without an answer: SIG%s",
			    sigabbrev_np(WTERMSIG(box->status)));
	else
		lam_err_set(&err, 0, "a job died without an answer: exit status %d",
			    WEXITSTATUS(box->status));
	return lamL_fail(L, &err);
}

/* job:read() -> "progress", {done=, total=} | "result", ok, ... | "more" (nothing yet) | nil, err
 */
static int l_read(lua_State *L)
{
	struct job_box *box = check(L);
	struct lamL_frame frame;
	struct lam_err err;
	int more;

	if (lamL_frame_next(&box->got, &frame))
		return push_frame(L, box, &frame);
	more = receive(box, &err);
	if (more < 0)
		return lamL_fail(L, &err);
	if (lamL_frame_next(&box->got, &frame))
		return push_frame(L, box, &frame);
	if (more == 0)
		return fail_dead(L, box);
	lua_pushliteral(L, "more");
	return 1;
}

/* job:wait() -> what the function answers | nil, err; raises what it raised */
static int l_wait(lua_State *L)
{
	struct job_box *box = check(L);
	struct pollfd in = { .fd = box->fd, .events = POLLIN };

	for (;;) {
		lua_settop(L, 1);
		l_read(L);
		if (lua_isnil(L, 2))
			return 2;
		if (strcmp(lua_tostring(L, 2), "result") == 0)
			break;
		if (strcmp(lua_tostring(L, 2), "more") == 0)
			poll(&in, 1, -1);
	}
	if (!lua_toboolean(L, 3)) {
		lua_settop(L, 4);
		return lua_error(L);
	}
	return lua_gettop(L) - 3;
}

/* job:kill() - also close, __close and __gc: ends it at once; may run twice */
static int l_kill(lua_State *L)
{
	struct job_box *box = luaL_checkudata(L, 1, JOB_TYPE);

	if (box->pid > 0)
		kill(box->pid, SIGKILL);
	reap(box);
	lam_auto_close(&box->pidfd);
	lam_auto_close(&box->fd);
	lam_buf_free(&box->got);
	return 0;
}

static const luaL_Reg meta[] = { { "__gc", l_kill }, { "__close", l_kill }, { NULL, NULL } };
static const luaL_Reg methods[] = {
	{ "fd", l_fd },     { "pidfd", l_pidfd }, { "read", l_read }, { "wait", l_wait },
	{ "kill", l_kill }, { "close", l_kill },  { NULL, NULL },
};
static const luaL_Reg functions[] = { { "start", l_start },
				      { "start_with", l_start_with },
				      { NULL, NULL } };

int luaopen_lamina_core_job(lua_State *L);
int luaopen_lamina_core_job(lua_State *L)
{
	lamL_newtype(L, JOB_TYPE, meta, methods);
	lamL_value_type(L);
	luaL_newlib(L, functions);
	return 1;
}
