#!/usr/bin/env bash
#
# The demo: a local cluster, a believable estate, and what kubectl pss says about it.
#
#   hack/demo/run.sh          (make demo)
#
# A cluster that is up already is used again. hack/demo/down.sh (make demo-down) ends it, also after an interruption.
#
# DEMO_NAME     name of the local cluster (default "demo")
# DEMO_TIMEOUT  seconds to wait for any one thing while the estate is loaded (default 180)

set -euo pipefail

name=${DEMO_NAME:-demo}
down=demo-down
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=hack/demo/cluster.sh
source "$here/cluster.sh"

prepare "$here/load.sh" --nodes 1
show kubectl pss check ns
show kubectl pss check ns payments --enforce restricted
show kubectl pss label --dry-run
show kubectl pss blocked
go_on <<'END'
kubectl pss check ns shop partner-api        # templates and Pods disagree: a policy changes the Pods
kubectl pss check ns claims --enforce restricted:latest
kubectl pss check deploy/order-api -n orders # two revisions in the middle of a rollout
kubectl pss label ns --all --recommend       # raise every namespace as far as nothing is refused
kubectl pss rollback                         # and take that back
END
