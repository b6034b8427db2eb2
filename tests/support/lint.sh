#!/bin/sh
# lint.sh - formatters and linters over what git tracks, and a clang build; `make lint`.
set -eu
cd "$(dirname "$0")/../.."
c=$(git ls-files '*.c' '*.h')
units=$(git ls-files 'core/*.c')

echo "# clang-format"
# shellcheck disable=SC2086
"$(command -v clang-format-14 || command -v clang-format)" --dry-run -Werror $c
echo "# cppcheck" # leaks are left to ASan and valgrind: it knows no cleanup attribute
# shellcheck disable=SC2086
cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 -j 2 \
	--inline-suppr --suppress=missingIncludeSystem --suppress=memleak --suppress=resourceLeak -Icore $units
echo "# luacheck"
git ls-files -z "*.lua" | xargs -0 luacheck -q
echo "# clang, no warning"
make -s -j2 B=build-clang CC="$(command -v clang-14 || command -v clang)" CFLAGS='-O1 -Werror' all
echo "# text"
if git grep -nIE '[[:blank:]]+$' -- core lua recipes tests Makefile; then
	echo "lint: trailing blanks" >&2
	exit 1
fi
