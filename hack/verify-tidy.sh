#!/usr/bin/env bash
# What the plugin requires is exactly what it imports, and no replace directive hides another version.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for dir in . hack/localkube test/engines; do
  if ! change="$(go -C "$dir" mod tidy -diff)"; then
    grep '^[-+]' <<<"$change" | head -20 >&2 || true
    echo "$dir/go.mod is not tidy: run 'go -C $dir mod tidy'" >&2
    exit 1
  fi
done
if grep -n '^replace' go.mod; then
  echo "go.mod has a replace directive: it would not hold for 'go install …@latest'" >&2
  exit 1
fi
