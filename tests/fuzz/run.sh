#!/bin/sh
# run.sh - builds the fuzz targets whose name has T and runs each for SECONDS; `make fuzz T=apply`.
# What is found lies in build-fuzz/TARGET-*, and is run again by: build-fuzz/TARGET FILE
set -eu
cd "$(dirname "$0")/../.."
B=build-fuzz
san="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined"
found=0
# in memory, where that is to be had: each round makes and removes two trees
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT INT TERM
clang=$(command -v clang-14 || command -v clang)
for source in tests/fuzz/*"${T:-}"*.c; do
	[ -f "$source" ] || { echo "no fuzz target has '$T' in its name" >&2; exit 1; }
	name=$(basename "$source" .c)
	make -s -j2 B=$B CC="$clang" SAN="$san" CFLAGS="-O1 -g" "$B/fuzz/$name"
	corpus=$B/corpus/$name
	mkdir -p "$corpus" "$B/seeds/$name"
	kept=tests/fuzz/corpus/$name
	[ -d "$kept" ] || kept=
	LUA_PATH="tests/?.lua;;" lua5.4 tests/fuzz/seeds.lua "$name" "$B/seeds/$name"
	echo "# fuzz $name, ${SECONDS:-120} s"
	UBSAN_OPTIONS=print_stacktrace=1 "$B/fuzz/$name" -max_total_time="${SECONDS:-120}" \
		-max_len=65536 -timeout=10 -print_final_stats=1 -artifact_prefix="$B/$name-" \
		"$corpus" "$B/seeds/$name" $kept || found=1
done
exit $found
