# lib.sh - what the measurements share; sourced by run.sh.

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
