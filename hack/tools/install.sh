#!/usr/bin/env bash
# Builds the linter pinned in hack/tools/go.mod, once for each version and Go release, and prints its path.
# It is kept outside the tree, so that a fresh clone finds it again.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
module=github.com/golangci/golangci-lint/v2
version="$(awk -v m="$module" '$1 == m {print $2}' "$here/go.mod")"
if [ -z "$version" ]; then
  echo "hack/tools/go.mod pins no $module" >&2
  exit 1
fi
dir="${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pss/tools/$version-$(go env GOVERSION)"
bin="$dir/golangci-lint"

if [ ! -x "$bin" ]; then
  echo "building golangci-lint $version, once: two to six minutes on two cores" >&2
  mkdir -p "$dir"
  # Beside its final place, so that the rename is atomic; by process, so that two builds do not meet.
  new="$bin.$$"
  trap 'rm -f "$new"' EXIT
  CGO_ENABLED=0 go build -C "$here" -trimpath -ldflags "-s -w -X main.version=${version#v}" \
    -o "$new" "$module/cmd/golangci-lint" >&2
  mv -f "$new" "$bin"
fi
echo "$bin"
