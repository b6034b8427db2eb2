#!/bin/sh
# run.sh - measures lamina beside the floors (plain C, plain tools) and beside the peers that are
# installed, and prints ratios. Only the ratios of one run mean something. `make bench`, as root.
#
#   tests/bench/run.sh [WORK...]     each is a file in measure/; all of them without names
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

. "$top/tests/bench/lib.sh"
for file in "$top"/tests/bench/measure/*.sh; do . "$file"; done
prepare
for work in ${*:-start cached steps copy hash write stages commit run}; do "bench_$work"; done
