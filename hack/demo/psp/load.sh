#!/usr/bin/env bash
#
# Load the estate that still lives by PodSecurityPolicy into a local cluster and wait until it runs.
#
#   hack/demo/psp/load.sh KUBECTL KUBECONFIG
#
# The cluster needs Kubernetes 1.24, PodSecurityPolicy among its admission plug-ins, and KWOK. Loading twice is harmless.
#
# DEMO_TIMEOUT      seconds to wait for any one thing (default 120)
# DEMO_ANY_CLUSTER  set to 1 to load into an API server that is not on this machine

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
timeout=${DEMO_TIMEOUT:-120}
what="policies and privileged workloads"
# shellcheck source=hack/demo/loading.sh
source "$here/../loading.sh"

has_policies() {
  k get --raw /apis/policy/v1beta1 2>/dev/null | grep -q '"podsecuritypolicies"' ||
    die "this server has no PodSecurityPolicy; the estate needs Kubernetes 1.24"
}

# A grant takes effect some moments after it was made; until then controllers are refused and wait longer each time.
shop_may() { k auth can-i use podsecuritypolicies.policy/hardened -n shop --as=system:serviceaccount:shop:default; }

# unready prints the workloads of the estate that have fewer pods than they want. Its namespaces belong to teams.
unready() {
  local ours
  ours=" kube-system $(k get namespaces -l team -o 'jsonpath={.items[*].metadata.name}') "
  local columns='{.kind}|{.metadata.namespace}/{.metadata.name}|{.metadata.generation}|{.status.observedGeneration}'
  columns+='|{.spec.replicas}{.status.desiredNumberScheduled}|{.status.readyReplicas}{.status.numberReady}'
  k get deployments,statefulsets,daemonsets -A -o "jsonpath={range .items[*]}$columns{\"\\n\"}{end}" |
    awk -F'|' -v ours="$ours" '{ split($2, name, "/") } !index(ours, " " name[1] " ") { next }
      $3 != $4 || $5 + 0 != $6 + 0 || ($1 == "DaemonSet" && $5 + 0 == 0) { print $1, $2, $6 + 0 "/" $5 + 0 }'
}
settled() { [[ -z $(unready | tee /dev/stderr) ]]; }

# make FILE USER: pods that someone else makes, with rights of their own.
make() { quietly k --as="$2" create -f "$1"; }

make_bare_pods() {
  local uid
  quietly k wait --for=condition=Established "--timeout=${timeout}s" crd/postgresclusters.data.example.com
  eventually "databases to be served" k -n databases get postgresclusters
  quietly k apply -f "$here/later/10-cluster.yaml"
  uid=$(k -n databases get postgrescluster accounts -o 'jsonpath={.metadata.uid}')
  sed "s/uid: CLUSTER_UID/uid: $uid/" "$here/later/20-owned.yaml" >"$scratch/owned.yaml"
  [[ -n $(k -n databases get pod accounts-1 --ignore-not-found -o name) ]] ||
    make "$scratch/owned.yaml" system:serviceaccount:databases:postgres-operator
  [[ -n $(k -n ci get pod build-1207 --ignore-not-found -o name) ]] ||
    make "$here/later/30-builds.yaml" build-bot
}

only_a_local_cluster
has_policies
say "policies, and who may use them"
quietly k apply -f "$here/01-policies.yaml" -f "$here/02-namespaces.yaml" -f "$here/03-access.yaml"
eventually "the grants to take effect" shop_may
say "workloads"
quietly k apply -f "$here/10-shop.yaml" -f "$here/20-teams.yaml" -f "$here/30-platform.yaml" -f "$here/40-databases.yaml"
make_bare_pods
eventually "the workloads to run" settled
say "$(k get namespaces -o name | wc -l | tr -d ' ') namespaces, $(k get pods -A -o name | wc -l | tr -d ' ') pods, $(
  k get podsecuritypolicies -o name 2>/dev/null | wc -l | tr -d ' ') policies"
