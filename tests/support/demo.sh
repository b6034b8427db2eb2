#!/bin/sh
# demo.sh - the main job, on a store of its own in build/demo: a real Debian is imported, a
# recipe builds an image on it, then the same is done by hand and committed. `make demo`.
set -eu
cd "$(dirname "$0")/../.."
lamina=$PWD/build/lamina
export LAMINA_ROOT=$PWD/build/demo

# Shows a command and runs it.
show() {
	printf '\n$ %s\n' "$*"
	command=$1
	shift
	"$command" "$@"
}
lamina() { "$lamina" "$@"; }
have() { "$lamina" inspect "$1" >/dev/null 2>&1; }

if ! have debian; then
	echo "demo: making a Debian root file system with mmdebstrap (about half a minute)"
	tests/support/debian.sh build/fixtures/debian.tar || exit $?
	show lamina import build/fixtures/debian.tar debian:bookworm
	show lamina tag debian:bookworm debian
fi

printf '\n# A recipe, %s:\n' recipes/git.lua
sed 's/^/    /' recipes/git.lua
show lamina build -t bombo/debian:git01 -f recipes/git.lua .
echo '# Once more: nothing runs.'
show lamina build -t bombo/debian:git01 -f recipes/git.lua .
show lamina run --rm bombo/debian:git01 git --version

printf '\n# The same by hand: change a container, then commit it.\n'
if ! have debian:git; then
	lamina rm -f git >/dev/null 2>&1 || true
	show lamina run --name git debian sh -c 'apt-get update -qq && apt-get install -y -qq git >/dev/null 2>&1 && git --version'
	show lamina commit -m 'git by hand' git debian:git
	show lamina rm git
fi
show lamina run --rm debian:git git --version
show lamina images
