#!/bin/sh
# Runs every fuzz target of the repository for $T each (default 10s). A failing input stays in the package's testdata/fuzz.
set -eu
cd "$(dirname "$0")/.."

found=$(git grep -n --untracked -E '^func Fuzz[A-Za-z0-9_]*\(' -- '*_test.go' || true)
if [ -z "$found" ]; then
	echo "no fuzz target found" >&2
	exit 1
fi
printf '%s\n' "$found" | sed -E 's/^([^:]*):[0-9]*:func (Fuzz[A-Za-z0-9_]*)\(.*/\1 \2/' | sort | {
	bad=0
	while read -r file target; do
		package=./$(dirname "$file")
		echo "== $package $target"
		go test -tags "${TAGS:-}" -run '^$' -fuzz "^$target\$" -fuzztime "${T:-10s}" "$package" </dev/null || bad=1
	done
	exit $bad
}
