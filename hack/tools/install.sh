#!/usr/bin/env bash
# Builds a tool at the version that its go.mod pins, once for each version and Go release, and prints its path:
#
#   install.sh [golangci-lint|gator|kyverno]
#
# It is kept outside the tree, so that a fresh clone finds it again.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
tool="${1:-golangci-lint}"
set_version=
case "$tool" in
golangci-lint)
  module=github.com/golangci/golangci-lint/v2 command=cmd/golangci-lint mod="$here"
  set_version=main.version
  took="two to six minutes"
  ;;
gator)
  module=github.com/open-policy-agent/gatekeeper/v3 command=cmd/gator mod="$here/gator"
  took="two to six minutes"
  ;;
kyverno)
  module=github.com/kyverno/kyverno command=cmd/cli/kubectl-kyverno mod="$here/kyverno"
  took="four to ten minutes"
  ;;
*)
  echo "no such tool: $tool (golangci-lint, gator or kyverno)" >&2
  exit 2
  ;;
esac

version="$(awk -v m="$module" '$1 == "require" {$0 = substr($0, 9)} $1 == m {print $2}' "$mod/go.mod")"
if [ -z "$version" ]; then
  echo "$mod/go.mod pins no $module" >&2
  exit 1
fi
dir="${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pss/tools/$version-$(go env GOVERSION)"
bin="$dir/$tool"

if [ ! -x "$bin" ]; then
  echo "building $tool $version, once: $took on two cores" >&2
  mkdir -p "$dir"
  # Beside its final place, so that the rename is atomic; by process, so that two builds do not meet.
  new="$bin.$$"
  trap 'rm -f "$new"' EXIT
  CGO_ENABLED=0 go build -C "$mod" -trimpath -ldflags "-s -w${set_version:+ -X $set_version=${version#v}}" \
    -o "$new" "$module/$command" >&2
  mv -f "$new" "$bin"
fi
echo "$bin"
