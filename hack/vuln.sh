#!/usr/bin/env bash
# Looks for known vulnerabilities in the code that the plugin calls, by govulncheck at a version that is pinned here: a
# newer one may read the database otherwise. It asks the database at GOVULNDB (https://vuln.go.dev by default), which is
# the one thing here that changes without a commit, so that this is no part of `make test`. Exit 1 is a finding, 2 that
# nobody could look.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=v1.8.0
database="${GOVULNDB:-https://vuln.go.dev}"

# The standard library that counts is that of releases.
GOTOOLCHAIN="$(awk '$1 == "toolchain" {print $2}' go.mod)"
export GOTOOLCHAIN

status=0
said="$(CGO_ENABLED=0 go run "golang.org/x/vuln/cmd/govulncheck@$version" -db "$database" ./cmd/... ./pkg/... 2>&1)" || status=$?
case "$status" in
0) echo "$said" ;;
*)
  echo "$said" >&2
  # go run says the real exit code: 3 for findings.
  if grep -q '^exit status 3$' <<<"$said"; then
    exit 1
  fi
  echo "nothing was looked for: govulncheck $version could not be built, or could not read the database at $database;" \
    "give GOVULNDB a copy of it (file:///path)" >&2
  exit 2
  ;;
esac
