#!/usr/bin/env bash
# fuzz.sh [PACKAGE...]: runs every fuzz target below pkg, or those of some packages, for FUZZTIME each, two at a time. It
# looks for the targets itself, so that a new one is never forgotten. What a target finds it leaves in testdata/fuzz
# beside the code: mend the code and commit the file under a name that says what it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export root="$PWD"
export fuzztime="${FUZZTIME:-10s}"
at_once=2

# build PACKAGE: one build for all targets of a package, since linking takes longer than a short run.
build() { go test -c -fuzz . -o "$work/${1//\//.}.test" "$root/$1"; }

# run TARGET PACKAGE: a time-out at the very end is Go's own, and no finding.
run() {
  local log="$work/$1.log" code=0
  (cd "$2" && "$work/${2//\//.}.test" -test.run '^$' -test.fuzz "^$1\$" -test.fuzztime "$fuzztime" \
    -test.fuzzminimizetime 2s -test.parallel 1 -test.fuzzcachedir "$cache/$2") >"$log" 2>&1 || code=$?
  if [ "$code" -ne 0 ] && { grep -q 'Failing input written to' "$log" || ! grep -q 'context deadline exceeded' "$log"; }; then
    echo "--- $1 ($2): FAILED" >&2
    tail -n 60 "$log" >&2
    return 1
  fi
  printf '%-20s %-14s %s\n' "$1" "$2" "$(grep -o 'execs: [0-9]*' "$log" | tail -1 || echo 'no more than its seeds')"
}

# What follows calls itself for each of those two, by xargs.
case "${FUZZ_STEP:-}" in
  build | run) "$FUZZ_STEP" "$@" && exit || exit 1 ;;
esac

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# What fuzzing found interesting outlives a run, as it does for go test; `go clean -fuzzcache` removes it. With
# FUZZCACHE=none it starts from the seeds alone, since trying all that was found before may take longer than a short run.
cache="$(go env GOCACHE)/fuzz/$(go list -m)"
[ "${FUZZCACHE:-}" != none ] || cache="$work/cache"
export work cache

packages="$(grep -rl --include='*_test.go' '^func Fuzz[A-Z]' "${@:-pkg}" | xargs -r -n 1 dirname | sort -u)"
if [ -z "$packages" ]; then
  echo "no fuzz target below ${*:-pkg}" >&2
  exit 1
fi
targets="$(for package in $packages; do
  grep -h '^func Fuzz[A-Z]' "$package"/*_test.go | sed "s|^func \(Fuzz[A-Za-z0-9_]*\)(.*|\1 $package|" | sort
done)"
FUZZ_STEP=build xargs -P "$at_once" -L 1 hack/fuzz.sh <<<"$packages"
FUZZ_STEP=run xargs -P "$at_once" -L 1 hack/fuzz.sh <<<"$targets"
echo "$(wc -l <<<"$targets") fuzz targets ran for $fuzztime each"
