#!/usr/bin/env bash
# fuzz.sh [PACKAGE...]: runs every fuzz target below pkg, or those of some packages, for FUZZTIME each, two at a time. It
# looks for the targets itself, so that a new one is never forgotten. What a target finds it leaves in testdata/fuzz
# beside the code, reduced for FUZZMINIMIZE: mend the code and commit the file under a name that says what it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export root="$PWD"
export fuzztime="${FUZZTIME:-10s}"
# Go would reduce every text that takes a new path, too, for as long each: in a short run it did nothing else.
export minimize="${FUZZMINIMIZE:-0x}"
at_once=2

# What is watched for new paths: our code, and what takes texts apart for it. `go test -fuzz` watches all that is linked;
# looking through the counters of the whole of client-go after every try left some targets a hundredth of their speed.
watched=(github.com/kubectl-pss/kubectl-pss sigs.k8s.io/{json,yaml} go.yaml.in/yaml/{v2,v3} github.com/google/cel-go
  k8s.io/pod-security-admission k8s.io/apimachinery/pkg/{util/validation,util/yaml,runtime/serializer})

# run TARGET PACKAGE: a time-out at the very end is Go's own, and no finding.
run() {
  local log="$work/$1.log" code=0
  (cd "$2" && "$work/${2##*/}.test" -test.run '^$' -test.fuzz "^$1\$" -test.fuzztime "$fuzztime" \
    -test.fuzzminimizetime "$minimize" -test.parallel 1 -test.fuzzcachedir "$cache/$2") >"$log" 2>&1 || code=$?
  if [ "$code" -ne 0 ] && { grep -q 'Failing input written to' "$log" || ! grep -q 'context deadline exceeded' "$log"; }; then
    echo "--- $1 ($2): FAILED" >&2
    tail -n 60 "$log" >&2
    return 1
  fi
  sed -nE 's/.*execs: ([0-9]+) .*new interesting: ([0-9]+) .*/\1 \2/p' "$log" | tail -1 |
    awk -v target="$1" -v package="$2" '{ tried = $1; new = $2 }
      END { printf "%-20s %-14s %8d tried %6d of them new\n", target, package, tried, new }'
}

# What follows calls itself for each target, by xargs.
if [ "${FUZZ_STEP:-}" = run ]; then
  run "$@" && exit || exit 1
fi

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
flags=()
for pattern in "${watched[@]}"; do
  flags+=("-gcflags=$pattern/...=-d=libfuzzer")
done
# The rest is compiled as for a release, and so only once.
xargs env CGO_ENABLED=0 go test -c -trimpath "${flags[@]}" -o "$work/" <<<"$(sed "s,^,./," <<<"$packages")"
FUZZ_STEP=run xargs -P "$at_once" -L 1 hack/fuzz.sh <<<"$targets"
echo "$(wc -l <<<"$targets") fuzz targets ran for $fuzztime each"
