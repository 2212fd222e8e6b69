#!/usr/bin/env bash
# fuzz.sh [PACKAGE...]: runs every fuzz target below pkg, or those of some packages, for FUZZTIME each. It looks for the
# targets itself, so that a new one is never forgotten. What a target finds it leaves in testdata/fuzz beside the code:
# mend the code and commit the file under a name that says what it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root="$PWD"
fuzztime="${FUZZTIME:-10s}"
module="$(go list -m)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# What fuzzing found interesting outlives a run, as it does for go test; `go clean -fuzzcache` removes it. With
# FUZZCACHE=none it starts from the seeds alone, since trying all that was found before may take longer than a short run.
cache="$(go env GOCACHE)/fuzz"
[ "${FUZZCACHE:-}" != none ] || cache="$work/cache"

packages="$(grep -rl --include='*_test.go' '^func Fuzz[A-Z]' "${@:-pkg}" | xargs -r -n 1 dirname | sort -u)"
if [ -z "$packages" ]; then
  echo "no fuzz target below ${*:-pkg}" >&2
  exit 1
fi

status=0 count=0
# run TARGET PACKAGE: a time-out at the very end is Go's own, and no finding.
run() {
  local log="$work/log" code=0
  (cd "$2" && "$work/fuzz.test" -test.run '^$' -test.fuzz "^$1\$" -test.fuzztime "$fuzztime" \
    -test.fuzzminimizetime 2s -test.parallel 2 -test.fuzzcachedir "$cache/$module/$2") >"$log" 2>&1 || code=$?
  if [ "$code" -ne 0 ] && { grep -q 'Failing input written to' "$log" || ! grep -q 'context deadline exceeded' "$log"; }; then
    echo "--- $1 ($2): FAILED" >&2
    tail -n 60 "$log" >&2
    status=1
    return
  fi
  count=$((count + 1))
  printf '%-20s %-14s %s\n' "$1" "$2" "$(grep -o 'execs: [0-9]*' "$log" | tail -1 || echo 'no more than its seeds')"
}

for package in $packages; do
  # One build for all targets of a package: linking takes longer than a short run.
  go test -c -fuzz . -o "$work/fuzz.test" "$root/$package"
  for target in $(grep -h '^func Fuzz[A-Z]' "$package"/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/' | sort); do
    run "$target" "$package"
  done
done
echo "$count fuzz targets ran for $fuzztime each"
exit "$status"
