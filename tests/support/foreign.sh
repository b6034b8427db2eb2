#!/bin/sh
# foreign.sh FILE - a root file system with Debian's busybox for arm64 as a tar, made once and kept.
# apt fetches the package, with lists of its own, so that the machine's stay as they are. Without a
# mirror it says so in one line and exits with 3.
set -eu
file=$1
[ -s "$file" ] && exit 0
mkdir -p "$(dirname "$file")"
dir=$(mktemp -d /tmp/lamina-foreign.XXXXXX)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/root"
fetch() {
	apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Acquire::Languages=none \
		-o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" -o Dir::State::status=/dev/null \
		-o APT::Sandbox::User=root -o Acquire::Retries=1 "$@"
}
if ! (cd "$dir" && fetch update && fetch download busybox-static) >"$dir/log" 2>&1; then
	echo "no busybox for arm64: is a package mirror in reach? ($(grep -m1 '^[EW]:' "$dir/log" || true))" >&2
	exit 3
fi
dpkg-deb --fsys-tarfile "$dir"/*.deb | tar -C "$dir/root" -x ./bin
ln -s busybox "$dir/root/bin/sh"
tar -C "$dir/root" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner \
	-cf "$file.new" .
mv "$file.new" "$file"
