#!/bin/sh
# run.sh - measures lamina beside the floors (plain C, plain tools) and beside the peers that are
# installed, and prints ratios. Only the ratios of one run mean something. `make bench`, as root.
#
#   tests/bench/run.sh [WORK...]     start cached steps hash commit run
#
# Work lies in BENCH_DIR (default: build/bench), which should be on a journaled file system.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
dir=${BENCH_DIR:-$top/$B/bench}
lamina=$top/$B/lamina
export LAMINA_ROOT="$dir/store"
[ "$(id -u)" = 0 ] || { echo "bench: needs root: the floors mount overlays" >&2; exit 2; }
rm -rf "$dir"
mkdir -p "$dir"
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# median RUNS COMMAND: milliseconds of a shell-free command line, by hyperfine.
median() {
	hyperfine -N --style none --warmup 3 --runs "$1" --export-csv "$dir/csv" "$2" >/dev/null 2>&1 ||
		{ echo "bench: failed: $2" >&2; return 1; }
	awk -F, 'NR == 2 { print $(NF - 4) * 1000 }' "$dir/csv"
}

# once COMMAND...: milliseconds of one run.
once() {
	from=$(date +%s%N)
	"$@" >"$dir/log" 2>&1 || { echo "bench: failed: $*" >&2; tail -5 "$dir/log" >&2; return 1; }
	to=$(date +%s%N)
	awk "BEGIN { print ($to - $from) / 1e6 }"
}

# row WORK FIGURE MEASURED FLOOR WANTED: a line with the ratio of measured to floor.
row() {
	awk -v w="$1" -v f="$2" -v m="$3" -v l="$4" -v t="$5" 'BEGIN {
		printf "%-10s %-34s %10.2f %10.2f %8.2fx   %s\n", w, f, m, l, (l > 0 ? m / l : 0), t }'
}

busybox_root() {
	mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/proc" "$1/sys" "$1/dev" "$1/run"
	: >"$1/etc/resolv.conf"
	: >"$1/etc/hosts"
	cp /bin/busybox "$1/bin/"
	for name in sh true cat cp mkdir dd sleep ls; do ln -sf busybox "$1/bin/$name"; done
	echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
}

prepare() {
	busybox_root "$dir/root"
	tar -C "$dir/root" -cf "$dir/root.tar" .
	"$lamina" import "$dir/root.tar" busybox >/dev/null
	"${CC:-cc}" -O2 -o "$dir/floor" "$top/tests/bench/floor.c"
	printf '%-10s %-34s %10s %10s %9s   %s\n' work measured 'ms' 'floor ms' ratio wanted
}

bench_start() {
	row start 'lamina version' "$(median 100 "$lamina version")" "$(median 100 /bin/true)" '< 5 ms'
}

# 12 steps over a context of 2,000 files, nothing changed (W1).
bench_cached() {
	mkdir -p "$dir/context"
	for d in $(seq 20); do
		mkdir -p "$dir/context/d$d"
		for f in $(seq 100); do echo "$d $f" >"$dir/context/d$d/f$f"; done
	done
	cat >"$dir/context/recipe.lua" <<-'R'
		local s = from "busybox":env { A = "1" }:workdir "/app"
		for i = 1, 3 do s = s:copy("d" .. i, "/app/d" .. i .. "/") end
		for i = 1, 6 do s = s:run("true " .. i) end
		return image(s:cmd { "true" }, { name = "bench/cached" })
	R
	"$lamina" build "$dir/context" >/dev/null 2>&1
	sleep 3 # a file changed in the last two seconds is hashed again
	"$lamina" build "$dir/context" >/dev/null 2>&1
	row cached 'build of 12 cached steps' "$(median 50 "$lamina build -q $dir/context")" \
		"$(median 20 "find $dir/context -printf %s")" '< 20 ms'
	if command -v buildah >/dev/null; then
		printf 'FROM localhost/busybox\nENV A=1\nWORKDIR /app\n' >"$dir/Dockerfile"
		for i in 1 2 3; do echo "COPY d$i /app/d$i/"; done >>"$dir/Dockerfile"
		for i in 1 2 3 4 5 6; do echo "RUN true $i"; done >>"$dir/Dockerfile"
		echo 'CMD ["true"]' >>"$dir/Dockerfile"
		peer="buildah --root $dir/peer --runroot $dir/peerrun --storage-driver overlay"
		$peer from --name base scratch >/dev/null 2>&1 && $peer add base "$dir/root.tar" / >/dev/null 2>&1 &&
			$peer commit base localhost/busybox >/dev/null 2>&1 || return 0
		build="$peer build --layers --isolation chroot -f $dir/Dockerfile $dir/context"
		if once $build >/dev/null; then
			row cached 'lamina beside buildah' "$(median 10 "$lamina build -q $dir/context")" \
				"$(median 3 "$build")" '<= 1/12 of BuildKit'
		fi
	fi
}

# The cost of one `run` step: builds of 40 and of none, nothing cached (W2).
bench_steps() {
	mkdir -p "$dir/steps"
	for n in 1 41; do
		mkdir -p "$dir/steps$n"
		echo "local s = from 'busybox'
for i = 1, $n do s = s:run({ 'true', tostring(i) }, { network = 'none' }) end
return s" >"$dir/steps$n/recipe.lua"
	done
	best=
	floor=
	for _ in 1 2 3 4 5; do
		few=$(once "$lamina" build --no-cache -q "$dir/steps1")
		many=$(once "$lamina" build --no-cache -q "$dir/steps41")
		rm -rf "$dir/scratch"
		mkdir "$dir/scratch"
		best="$best $(awk "BEGIN { print ($many - $few) / 40 }")"
		floor="$floor $("$dir/floor" "$dir/root" "$dir/scratch" 40 net /bin/true)"
	done
	middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
	# shellcheck disable=SC2086
	row steps 'one run step of 40' "$(middle $best)" "$(middle $floor)" '<= 2x the floor in C'
}

# Hashing a layer of one large file against openssl's own speed.
bench_hash() {
	mkdir -p "$dir/big"
	head -c 1000000000 /dev/urandom >"$dir/big/file"
	cat >"$dir/hash.lua" <<-'R'
		local layer = require "lamina.core.layer"
		assert(layer.pack(arg[1], { form = "tree" }))
	R
	speed=$(openssl speed -mr -seconds 2 -bytes 1048576 -evp sha256 2>/dev/null |
		awk -F: '/^\+F/ { print $NF }')
	floor=$(awk "BEGIN { print 1e9 / $speed * 1e3 }")
	LUA_CPATH="$top/$B/?.so" row hash 'pack of a 1 GB file' \
		"$(LUA_CPATH="$top/$B/?.so" median 5 "lua5.4 $dir/hash.lua $dir/big")" "$floor" '<= 1.25x openssl'
	rm -rf "$dir/big"
}

# commit of 10,000 files, 200 MB, against tar and sha256 of the same (W8).
bench_commit() {
	"$lamina" run --name files --network none busybox sh -c \
		'mkdir /d; cd /d; for d in $(seq 100); do mkdir $d; for f in $(seq 100); do dd if=/dev/urandom of=$d/$f bs=20k count=1 2>/dev/null; done; done' 2>/dev/null ||
		"$lamina" run --name files --network none busybox busybox sh -c \
			'mkdir /d; cd /d; for d in $(busybox seq 100); do mkdir $d; for f in $(busybox seq 100); do dd if=/dev/urandom of=$d/$f bs=20k count=1 2>/dev/null; done; done'
	mine=$(once "$lamina" commit files bench:files)
	mkdir "$dir/files"
	"$lamina" cp files:/d "$dir/files/" >/dev/null
	floor=$(once sh -c "tar -C $dir/files -cf - . | sha256sum")
	row commit '10,000 files, 200 MB' "$mine" "$floor" '<= 1.3x tar + sha256'
	rm -rf "$dir/files"
}

bench_run() {
	mine=$(median 20 "$lamina run --rm --network none busybox true")
	rm -rf "$dir/scratch"
	mkdir "$dir/scratch"
	row run 'lamina run --rm true' "$mine" \
		"$("$dir/floor" "$dir/root" "$dir/scratch" 40 net /bin/true)" '<= crun'
	if command -v crun >/dev/null; then
		mkdir -p "$dir/bundle"
		cp -a "$dir/root" "$dir/bundle/rootfs"
		(cd "$dir/bundle" && crun spec && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"true"/' config.json)
		row run 'lamina beside crun' "$mine" "$(median 20 "crun run -b $dir/bundle bench$$")" '<= 1x' || :
	fi
}

prepare
for work in ${*:-start cached steps hash commit run}; do "bench_$work"; done
