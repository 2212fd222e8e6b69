#!/usr/bin/env bash
# Proves that .golangci.yml bites: plants every import of hack/verify-lint.txt, and one example of each habit that
# CONTRIBUTING.md forbids, in a scratch module, and compares what the linter says with what it should say.
set -euo pipefail

hack="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
lint="$("$hack/tools/install.sh")"
module=github.com/kubectl-pss/kubectl-pss
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$1: < is expected of .golangci.yml, > is what it does" >&2
  exit 1
}

# scratch DIR makes an empty module of our name there, under our rules.
scratch() {
  mkdir -p "$1"
  cp "$hack/../.golangci.yml" "$1"
  printf 'module %s\n\ngo 1.26.0\n' "$module" >"$1/go.mod"
}

# run DIR ARGS lints it and prints the findings, a line each. Finding something is the point, so exit 1 is fine.
run() {
  local status=0
  (cd "$1" && shift && "$lint" run --show-stats=false --output.text.print-issued-lines=false "$@" ./...) || status=$?
  [ "$status" -le 1 ] || exit "$status"
}

# plant ROOM IMPORT [deny] plants an import in a folder of its own, so that rooms which see each other make no cycle.
plant() {
  local file="$work/arrows/$1/plant/plant.go"
  mkdir -p "$(dirname "$file")"
  [ -e "$file" ] || echo "package plant" >"$file"
  echo "import _ \"$2\"" >>"$file"
  [ "${3:-}" != deny ] || echo "$1 imports $2" >>"$work/arrows.want"
}

verify_arrows() {
  local room verdict imports other rooms
  scratch "$work/arrows"
  rooms="$(awk '$2 == "sees" && $1 ~ /^pkg/ {print $1}' "$hack/verify-lint.txt")"
  for room in "$hack"/../pkg/*/; do
    room="pkg/$(basename "$room")"
    grep -qx "$room" <<<"$rooms" || { echo "hack/verify-lint.txt does not say what $room sees" >&2 && exit 1; }
  done
  while read -r room verdict imports; do
    case "$verdict" in
    sees)
      for other in $rooms; do
        case " $room $imports " in
        *" $other "*) plant "$room" "$module/$other" ;;
        *) plant "$room" "$module/$other" deny ;;
        esac
      done
      ;;
    deny | allow) for other in $imports; do plant "$room" "$other" "$verdict"; done ;;
    *) echo "hack/verify-lint.txt: unknown word $verdict" >&2 && exit 1 ;;
    esac
  done < <(grep -v '^\(#.*\)\{0,1\}$' "$hack/verify-lint.txt")
  run "$work/arrows" --enable-only depguard |
    sed -n "s|^\(.*\)/plant/plant.go:[0-9:]* import '\([^']*\)' is not allowed.*|\1 imports \2|p" >"$work/arrows.got"
  diff <(sort -u "$work/arrows.want") <(sort -u "$work/arrows.got") || fail "arrows"
  echo "arrows: $(sort -u "$work/arrows.want" | wc -l | tr -d ' ') forbidden imports refused"
}

verify_habits() {
  local tree="$work/habits"
  scratch "$tree"
  mkdir -p "$tree/pkg/report" "$tree/cmd/kubectl-pss"
  cp "$hack/verify-lint.go.txt" "$tree/pkg/report/plant.go"
  {
    printf '\n// Long is too long.\nfunc Long(n int) int { // want funlen\n'
    for _ in $(seq 60); do printf '\tn++\n'; done
    printf '\treturn n\n}\n'
  } >>"$tree/pkg/report/plant.go"
  printf '// The command.\npackage main\n\nimport "os"\n\nfunc main() { os.Exit(0) }\n' >"$tree/cmd/kubectl-pss/main.go"
  (cd "$tree" && grep -n '// want ' pkg/report/plant.go | sed 's|^\([0-9]*\):.*// want \(.*\)|\1 \2|') >"$work/habits.want"
  run "$tree" |
    sed -n 's|^[^:]*:\([0-9]*\):[0-9: ]*.*(\([a-z]*\))$|\1 \2|p' >"$work/habits.got"
  diff <(sort -u "$work/habits.want") <(sort -u "$work/habits.got") || fail "habits (line and linter)"
  echo "habits: $(sort -u "$work/habits.want" | wc -l | tr -d ' ') refused"
}

verify_arrows
verify_habits
