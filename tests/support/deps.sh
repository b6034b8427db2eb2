#!/bin/sh
# deps.sh PACKAGE... - installs the Debian packages that are missing, and says so.
# Nothing is asked for or touched when all are there. Called by `make deps` and `make demo`.
set -eu
missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: as root, install:$missing" >&2
		exit 1
	}
	sudo=sudo
fi
echo "deps: installing with apt-get:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq || echo "deps: apt-get update failed; trying with the lists that are there" >&2
# shellcheck disable=SC2086
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
