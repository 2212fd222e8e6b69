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

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
name=${DEMO_NAME:-demo-psp}
release=v1.24.17

say() { echo "demo: $*" >&2; }
die() { say "$*"; exit 2; }

trap 'echo >&2; say "interrupted; make demo-psp-down cleans up"; exit 130' INT TERM

localkube() { go run -C "$root/hack/localkube" . "$@"; }

# cluster_env prints KUBECONFIG=… and KUBECTL=… of a running cluster, and fails when there is none.
cluster_env() { localkube env --name "$name" 2>/dev/null; }

start_cluster() {
  settings=$(cluster_env) && { say "using the cluster \"$name\" that is up already"; return; }
  say "starting the cluster \"$name\" with Kubernetes $release (the very first start builds it, which takes minutes)"
  localkube up --name "$name" --release "$release" --nodes 2 \
    --apiserver-arg=--enable-admission-plugins=PodSecurityPolicy >/dev/null ||
    die "the cluster did not start; make demo-psp-down clears what is left of it"
  settings=$(cluster_env) || die "the cluster \"$name\" started and is gone again"
}

# value prints one of the settings of the cluster.
value() { sed -n "s/^$1=//p" <<<"$settings"; }

# show prints a command and runs it. Findings (1) and gaps (3) are answers; anything else that is not 0 ends the demo.
show() {
  local code=0
  printf '\n$ %s\n' "$*"
  "$@" || code=$?
  case $code in
    0) ;;
    1) say "exit code 1: something would be refused" ;;
    3) say "exit code 3: something could not be read" ;;
    130) exit 130 ;;
    *) die "\"$*\" failed with exit code $code" ;;
  esac
}

go_on() {
  cat <<END

The cluster stays up. To go on by hand:

  export KUBECONFIG=$KUBECONFIG
  export PATH=$root/bin:$(dirname "$kubectl"):\$PATH

  kubectl pss psp explain hardened             # what a policy demands and writes, who may use it, who does
  kubectl pss psp check shop                   # what its pods pass by, and what becomes of them without
  kubectl pss psp check shop -o patch          # the commands that write it into the templates
  kubectl pss who-can                          # who could change a namespace's level
  kubectl pss psp plan shop                    # what is left to do, with each command and its undo

  make demo-psp-down                           # when you have seen enough
END
}

[[ -x $root/bin/kubectl-pss ]] || make -C "$root" build
# kubectl answers an unknown plugin with exit code 1, which must not be taken for findings.
[[ -x $root/bin/kubectl-pss ]] || die "bin/kubectl-pss is missing; run make build"

start_cluster
KUBECONFIG=$(value KUBECONFIG)
kubectl=$(value KUBECTL)
"$root/hack/demo/psp/load.sh" "$kubectl" "$KUBECONFIG" || die "the estate did not load; make demo-psp-down clears it"

export KUBECONFIG
PATH=$root/bin:$(dirname "$kubectl"):$PATH
show kubectl pss psp list
show kubectl pss psp check
show kubectl pss psp plan
go_on
