#!/bin/sh
# run.sh - runs the tests: C units, then specs and command tests as whoever calls, and, when
# that is root, once more as an ordinary user made for it. Called by `make test`.
#
#   B=build T=layer tests/support/run.sh      only files whose name has "layer"
#   VALGRIND=1                                under valgrind: C units, and what runs in lua5.4
#
# Where B was built with sanitizers, each of their reports is a failure, whatever the test said.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build} T=${T:-}
user=lamina-test
passed=0 failed=0 skipped=0
work=$(mktemp -d /tmp/lamina-tests.XXXXXX)
trap 'rm -rf "$work"' EXIT INT TERM

# What sanitizers and valgrind find is written into files here, by whatever process.
reports=$work/reports
mkdir "$reports"
chmod 1777 "$reports"
asan=$(ldd "$top/$B/lamina" | sed -n 's/.*=> \(.*libasan[^ ]*\) .*/\1/p')
grinder="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
	--child-silent-after-fork=yes --sim-hints=lax-ioctls --suppressions=$top/tests/support/valgrind.supp"

grind() {
	if [ -n "${VALGRIND:-}" ]; then
		# shellcheck disable=SC2086
		$grinder "$@"
	else
		"$@"
	fi
}

# A lua5.4 for the specs' PATH. The real one knows no sanitizer: their library has to be there
# before lamina.so, but not in the programs it starts, which weren't written for it. What lua still
# holds at its end is no leak of ours.
wrap_lua() {
	real=$(command -v lua5.4)
	mkdir -p "$work/bin"
	{
		echo '#!/bin/sh'
		if [ -n "$asan" ]; then
			echo "export LD_PRELOAD='$asan' LUA_INIT_5_4='require \"luv\".os_unsetenv \"LD_PRELOAD\"'"
			echo "exec $real \"\$@\""
		else
			echo "exec $(echo "$grinder" | tr -d '\n') --log-file='$reports/%p' $real \"\$@\""
		fi
	} >"$work/bin/lua5.4"
	chmod 755 "$work/bin/lua5.4"
}

# What goes before the specs' own environment.
tools() {
	[ -n "$asan${VALGRIND:-}" ] || return 0
	wrap_lua
	echo "PATH=$work/bin:$PATH ASAN_OPTIONS=detect_leaks=0:log_path=$reports/asan" \
		"UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$reports/ubsan"
}

# Shows the reports that were written and counts each as a failure.
check_reports() {
	for report in "$reports"/*; do
		# valgrind also tells which system calls it can't do: it answers ENOSYS, and we have another way
		grep -v '^--[0-9]*-- ' "$report" >"$work/report" 2>/dev/null || continue
		echo "# ${report##*/}"
		cat "$work/report"
		count 0 1
	done
	rm -f "$reports"/*
}

# Adds the counts of one log ("N passed, N failed, N skipped" lines of ours) to the totals.
count() {
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0}))
}

c_tests() {
	for t in "$top/$B"/tests/test_*"$T"*; do
		[ -x "$t" ] && [ -f "$t" ] || continue
		case $t in *.*) continue ;; esac
		echo "# ${t##*/}"
		if grind "$t"; then count 1 0; else count 0 1; fi
	done
}

# Specs run on a copy that every user can read, wherever the checkout lies.
stage() {
	mkdir -p "$work/tree/$B"
	cp -R "$top/lua" "$top/core" "$top/recipes" "$top/tests" "$top/Makefile" "$top/README.md" \
		"$work/tree/" 2>/dev/null
	cp "$top/$B/lamina" "$top/$B/lamina.so" "$work/tree/$B/"
	mkdir -p "$work/tree/$B/fixtures"
	for f in "$top"/build/fixtures/*; do
		ln "$f" "$work/tree/$B/fixtures/" 2>/dev/null || cp "$f" "$work/tree/$B/fixtures/"
	done
	chmod -R a+rX "$work"
	chmod 755 "$work"
}

# specs WHO COMMAND...: the spec files through COMMAND, which changes to the user.
specs() {
	who=$1
	shift
	files=$(cd "$work/tree" && find tests/spec tests/cli -path "*$T*_spec.lua" | sort)
	[ -n "$files" ] || return 0
	echo "# specs as $who"
	# shellcheck disable=SC2046,SC2086
	(cd "$work/tree" && "$@" env $(tools) B="$B" TEST_WHO="$who" LUA_PATH="$work/tree/lua/?.lua;$work/tree/tests/?.lua;;" \
		LUA_CPATH="$work/tree/$B/?.so;;" busted --lua=lua5.4 -o tests.support.tap $files) | tee "$work/log"
	counts=$(sed -n 's/^# \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$work/log" | tail -1)
	# Without the last line busted didn't reach its end: a crash is a failure.
	# shellcheck disable=SC2086
	count ${counts:-0 1}
	check_reports
}

# The Debian root is made once; a run that names other tests does without.
case tutorial_debian in
*"$T"*) "$top/tests/support/debian.sh" "$top/build/fixtures/debian.tar" ;;
esac

# And a busybox for another kind of machine.
case cli/platform in
*"$T"*) "$top/tests/support/foreign.sh" "$top/build/fixtures/busybox-arm64.tar" ;;
esac

c_tests
stage
if [ "$(id -u)" = 0 ]; then
	id "$user" >/dev/null 2>&1 || useradd -m "$user"
	grep -q "^$user:" /etc/subuid 2>/dev/null || # where useradd gives none
		usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 "$user"
	[ ! -c /dev/net/tun ] || chmod 666 /dev/net/tun # as udev does where it runs; slirp4netns needs it
	specs root env
	chmod -R a+rwX "$work/tree"
	specs "$user" setpriv --reuid "$user" --regid "$user" --init-groups env -i HOME="$(getent passwd "$user" | cut -d: -f6)" \
		USER="$user" PATH="$PATH" LANG=C.UTF-8
else
	specs "$(id -un)" env
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
