#!/usr/bin/env bash
#
# End the demo's cluster, also one whose start or load was interrupted.
#
#   hack/demo/down.sh         (make demo-down)

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

exec go run -C "$root/hack/localkube" . down --name "${DEMO_NAME:-demo}"
