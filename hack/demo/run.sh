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

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
name=${DEMO_NAME:-demo}

say() { echo "demo: $*" >&2; }
die() { say "$*"; exit 2; }

trap 'echo >&2; say "interrupted; make demo-down cleans up"; exit 130' INT TERM

localkube() { go run -C "$root/hack/localkube" . "$@"; }

# cluster_env prints KUBECONFIG=… and KUBECTL=… of a running cluster, and fails when there is none.
cluster_env() { localkube env --name "$name" 2>/dev/null; }

start_cluster() {
  settings=$(cluster_env) && { say "using the cluster \"$name\" that is up already"; return; }
  say "starting the cluster \"$name\" (the very first start builds Kubernetes, which takes minutes)"
  localkube up --name "$name" --nodes 1 >/dev/null || die "the cluster did not start; make demo-down clears what is left of it"
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
    1) say "exit code 1: something violates" ;;
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

  kubectl pss check ns shop partner-api        # templates and Pods disagree: a policy changes the Pods
  kubectl pss check ns claims --enforce restricted:latest
  kubectl pss check deploy/order-api -n orders # two revisions in the middle of a rollout
  kubectl pss label ns --all --recommend       # raise every namespace as far as nothing is refused
  kubectl pss rollback                         # and take that back

  make demo-down                               # when you have seen enough
END
}

[[ -x $root/bin/kubectl-pss ]] || make -C "$root" build
# kubectl answers an unknown plugin with exit code 1, which must not be taken for findings.
[[ -x $root/bin/kubectl-pss ]] || die "bin/kubectl-pss is missing; run make build"

start_cluster
KUBECONFIG=$(value KUBECONFIG)
kubectl=$(value KUBECTL)
"$root/hack/demo/load.sh" "$kubectl" "$KUBECONFIG" || die "the estate did not load; make demo-down clears it"

export KUBECONFIG
PATH=$root/bin:$(dirname "$kubectl"):$PATH
show kubectl pss check ns
show kubectl pss check ns payments --enforce restricted
show kubectl pss label --dry-run
show kubectl pss blocked
go_on
