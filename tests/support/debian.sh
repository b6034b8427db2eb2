#!/bin/sh
# debian.sh FILE - a real Debian root file system as a tar, made once by mmdebstrap and kept.
# Works as root and, through a user namespace, as an ordinary user. Without a mirror it says
# so in one line and exits with 3.
set -eu
file=$1
[ -s "$file" ] && exit 0
mkdir -p "$(dirname "$file")"
mode=root
[ "$(id -u)" = 0 ] || mode=unshare
log=$(mktemp)
trap 'rm -f "$log" "$file.new"' EXIT
trap 'exit 130' INT TERM
if ! mmdebstrap --quiet --mode=$mode --variant=minbase bookworm - >"$file.new" 2>"$log"; then
	echo "no Debian root file system could be made: is a package mirror in reach? ($(grep -m1 '^[EW]:' "$log" || tail -n1 "$log"))" >&2
	exit 3
fi
mv "$file.new" "$file"
