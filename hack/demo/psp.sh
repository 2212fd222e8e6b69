#!/usr/bin/env bash
#
# The way out of PodSecurityPolicy: a local cluster of the last release that has it, with policies that admit and write
# into pods, and what kubectl pss says about leaving them.
#
#   hack/demo/psp.sh          (make demo-psp)
#
# A cluster that is up already is used again. hack/demo/down.sh with the same DEMO_NAME (make demo-psp-down) ends it.
#
# DEMO_NAME     name of the local cluster (default "demo-psp")
# DEMO_TIMEOUT  seconds to wait for any one thing while the estate is loaded (default 120)

set -euo pipefail

name=${DEMO_NAME:-demo-psp}
down=demo-psp-down
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=hack/demo/cluster.sh
source "$here/cluster.sh"

prepare "$here/psp/load.sh" --release v1.24.17 --nodes 2 --apiserver-arg=--enable-admission-plugins=PodSecurityPolicy
show kubectl pss psp list
show kubectl pss psp check
show kubectl pss psp plan
go_on <<'END'
kubectl pss psp explain hardened             # what a policy demands and writes, who may use it, who does
kubectl pss psp check shop                   # what its pods pass by, and what becomes of them without
kubectl pss psp check shop -o patch          # the commands that write it into the templates
kubectl pss who-can                          # who could change a namespace's level
kubectl pss psp plan shop                    # what is left to do, with each command and its undo
END
