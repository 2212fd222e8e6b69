#!/usr/bin/env bash
# Go files are as gofumpt and gci write them (`make fmt`), and shell scripts at least parse.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lint="$(hack/tools/install.sh)"
status=0
for dir in . hack/localkube test/engines; do
  (cd "$dir" && "$lint" fmt --diff) || status=1
done
[ "$status" -eq 0 ] || echo "run 'make fmt'" >&2

while IFS= read -r script; do
  [ -e "$script" ] || continue
  case "$(head -1 "$script")" in
  '#!'*bash) bash -n "$script" || status=1 ;;
  '#!'*sh) sh -n "$script" || status=1 ;;
  esac
done < <(git ls-files --cached --others --exclude-standard -- .ci hack plugins ':!*.go' ':!*.yaml')
exit "$status"
