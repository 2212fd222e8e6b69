#!/usr/bin/env bash
#
# Load the demo estate into a local cluster and wait until it runs.
#
#   hack/demo/load.sh KUBECTL KUBECONFIG
#
# The cluster needs KWOK (or something else that makes Pods run without pulling images) and Kubernetes 1.36 or newer,
# for MutatingAdmissionPolicy v1. Loading twice is harmless: an estate that is there already is left as it is.
#
# DEMO_TIMEOUT      seconds to wait for any one thing (default 180)
# DEMO_ANY_CLUSTER  set to 1 to load into an API server that is not on this machine

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
estate=$here/estate
timeout=${DEMO_TIMEOUT:-180}
marker=demo-estate # a ConfigMap in the namespace default that says which estate is loaded
what="privileged workloads and fake nodes"
# shellcheck source=hack/demo/loading.sh
source "$here/loading.sh"

# --- before anything is written -------------------------------------------------------------------------------------

has_mutating_policies() {
  k get --raw /apis/admissionregistration.k8s.io/v1 | grep -q '"mutatingadmissionpolicies"' ||
    die "this server has no MutatingAdmissionPolicy v1; the estate needs Kubernetes 1.36 or newer"
}

fingerprint() { cat "$estate"/*.yaml "$estate"/later/*.yaml | cksum | tr ' ' '-'; }
loaded() { k -n default get configmap "$marker" --ignore-not-found -o 'jsonpath={.data.fingerprint}'; }

# --- what runs ------------------------------------------------------------------------------------------------------

# unready prints the workloads that should run but do not yet. Those annotated never-ready have a reason not to.
unready() {
  local columns='{.kind}|{.metadata.namespace}/{.metadata.name}|{.metadata.ownerReferences[0].kind}'
  columns+='|{.metadata.annotations.demo\.example\.com/never-ready}|{.metadata.generation}|{.status.observedGeneration}'
  columns+='|{.spec.replicas}{.status.desiredNumberScheduled}|{.status.readyReplicas}{.status.numberReady}'
  k get deployments,statefulsets,daemonsets,replicasets,replicationcontrollers -A \
    -o "jsonpath={range .items[*]}$columns{\"\\n\"}{end}" |
    awk -F'|' '$3 == "Deployment" || $4 != "" { next }
      { want = $7 + 0; have = $8 + 0 }
      $5 != $6 || (want != have) || ($1 == "DaemonSet" && want == 0) { print $1, $2, have "/" want }'
}

pods() { k get pods -A -o name | wc -l | tr -d ' '; }

# settle waits until everything that should run does, and says how far it is.
settle() {
  local deadline=$((SECONDS + timeout)) said=0 left
  while true; do
    left=$(unready)
    if [[ -z $left ]]; then
      [[ ! -t 2 ]] || printf '\r\033[K' >&2
      return
    fi
    if ((SECONDS >= deadline)); then
      echo "$left" >&2
      die "gave up after ${timeout}s waiting for these workloads"
    fi
    if [[ -t 2 ]]; then
      printf '\r\033[Kdemo: %s pods, %s workloads not there yet' "$(pods)" "$(wc -l <<<"$left" | tr -d ' ')" >&2
    elif ((SECONDS - said >= 10)); then
      said=$SECONDS
      say "$(pods) pods, $(wc -l <<<"$left" | tr -d ' ') workloads not there yet"
    fi
    sleep 1
  done
}

# --- policies -------------------------------------------------------------------------------------------------------

# A policy takes effect some moments after it was created; Pods made before would not show it.
mesh_injects() { k -n shop run probe --image=probe --dry-run=server -o 'jsonpath={.spec.initContainers[*].name}' | grep -qx mesh-init; }
defaults_harden() {
  k -n partner-api run probe --image=probe --dry-run=server -o 'jsonpath={.spec.securityContext.seccompProfile.type}' |
    grep -qx RuntimeDefault
}

# --- states that no manifest can describe ---------------------------------------------------------------------------

phase_of() { k -n "$1" get pod "$2" -o 'jsonpath={.status.phase}'; }
running() { [[ $(phase_of "$1" "$2") == Running ]]; }

# end_pod NAMESPACE POD PHASE REASON: as if the Pod's containers had ended.
end_pod() {
  quietly k -n "$1" patch pod "$2" --subresource=status --type=merge -p "{\"status\":{\"phase\":\"$3\",\"reason\":\"$4\"}}"
}

end_bare_pod() {
  case $(phase_of "$1" "$2") in Succeeded | Failed) return ;; esac
  eventually "pod $2 to run" running "$1" "$2"
  end_pod "$@"
}

# fail_one NAMESPACE SELECTOR REASON: one Pod of a controller fails, unless one has already.
fail_one() {
  local pod
  [[ -z $(k -n "$1" get pods -l "$2" --field-selector=status.phase=Failed -o name) ]] || return 0
  eventually "a pod with $2" one_pod "$1" "$2"
  pod=$(one_pod "$1" "$2")
  end_pod "$1" "$pod" Failed "$3"
}
one_pod() { k -n "$1" get pods -l "$2" -o 'jsonpath={.items[0].metadata.name}' | grep .; }

run_cronjob() {
  [[ -n $(k -n "$1" get job "$2-manual" --ignore-not-found -o name) ]] ||
    quietly k -n "$1" create job "$2-manual" --from="cronjob/$2"
  job_completes "$1" "$2-manual"
}
job_completes() { quietly k -n "$1" wait "job/$2" --for=condition=Complete "--timeout=${timeout}s"; }

end_some_pods() {
  end_bare_pod ci build-8841 Succeeded Completed
  end_bare_pod ci build-8842 Failed Error
  end_bare_pod sandbox one-off Succeeded Completed
  fail_one marketing app.kubernetes.io/name=beacon Evicted
  fail_one reporting batch.kubernetes.io/job-name=schema-migration Error
  fail_one reporting batch.kubernetes.io/job-name=reconcile Error
  quietly k -n reporting wait job/schema-migration --for=condition=Failed "--timeout=${timeout}s"
}

run_some_jobs() {
  run_cronjob payments settlement
  run_cronjob reporting nightly-report
  run_cronjob reporting ledger-archive
  job_completes reporting import-2024
  job_completes ml embed-catalog
  job_completes web-public thumbnails-rebuild
}

delete_what_stays() {
  eventually "pod held-by-finalizer to run" running sandbox held-by-finalizer
  quietly k -n sandbox delete pod held-by-finalizer --wait=false
}

# debug_one leaves behind what kubectl debug leaves behind: an ephemeral container that no template knows.
debug_one() {
  local pod
  pod=$(one_pod monitoring app.kubernetes.io/name=object-metrics)
  [[ -z $(k -n monitoring get pod "$pod" -o 'jsonpath={.spec.ephemeralContainers[*].name}') ]] || return 0
  quietly k -n monitoring debug "pod/$pod" --image=registry.example.com/platform/netshoot:0.13 \
    --container=debugger --profile=netadmin --quiet
}

# own FILE PLACEHOLDER=UID...: applies a file whose ownerReferences need UIDs of this cluster.
own() {
  local file=$1 pair
  shift
  local script=()
  for pair in "$@"; do script+=(-e "s/uid: ${pair%%=*}\$/uid: ${pair#*=}/"); done
  sed "${script[@]}" "$file" >"$scratch/owned.yaml"
  quietly k apply -f "$scratch/owned.yaml"
}
uid() { k "$@" -o 'jsonpath={.metadata.uid}'; }

add_custom_owners() {
  quietly k apply -f "$estate/later/20-custom-owners.yaml"
  own "$estate/later/21-custom-owned.yaml" \
    "ROLLOUT_UID=$(uid -n delivery get rollouts.delivery.example.com landing)" \
    "PREVIEW_UID=$(uid -n delivery get previewenvironments.delivery.example.com pr-412)"
  own "$estate/later/22-mirror-pods.yaml" "NODE_UID=$(uid get node cp-01)"
}

# In the middle of a rollout: revision one ran, revision two is there too and gets no further.
two_revisions() {
  [[ $(k -n orders get replicasets -l app.kubernetes.io/name=order-api -o 'jsonpath={range .items[*]}{.status.replicas}{"\n"}{end}' | grep -c '[1-9]') -eq 2 ]]
}
partition_moved() { [[ $(k -n orders get statefulset order-store -o 'jsonpath={.status.updatedReplicas}') == 1 ]]; }

roll_out_orders() {
  quietly k -n orders rollout status deployment/order-api "--timeout=${timeout}s"
  quietly k apply -f "$estate/later/10-orders-second-revision.yaml"
  eventually "two revisions of order-api" two_revisions
  eventually "the second revision of order-store-2" partition_moved
}

label_claims() {
  quietly k apply --server-side --field-manager=insurance-audit -f "$estate/later/30-claims-labels.yaml"
}

# --- the whole ------------------------------------------------------------------------------------------------------

load() {
  say "nodes, volumes, namespaces and policies"
  quietly k apply -f "$estate/00-nodes.yaml" -f "$estate/01-volumes.yaml" -f "$estate/02-namespaces.yaml" \
    -f "$estate/03-crds.yaml" -f "$estate/04-policies.yaml"
  quietly k wait --for=condition=Established "--timeout=${timeout}s" \
    crd/rollouts.delivery.example.com crd/previewenvironments.delivery.example.com
  eventually "the mesh injector to take effect" mesh_injects
  eventually "the hardening defaults to take effect" defaults_harden

  say "workloads"
  local files=() file
  for file in "$estate"/[1-9]*.yaml; do files+=(-f "$file"); done
  quietly k apply "${files[@]}"
  settle

  say "what happened since: jobs, failures, rollouts, custom controllers, late labels"
  roll_out_orders
  add_custom_owners
  run_some_jobs
  end_some_pods
  delete_what_stays
  debug_one
  quietly k -n vault wait deployment/vault-exporter --for=condition=ReplicaFailure "--timeout=${timeout}s"
  settle
  label_claims
  quietly k -n default create configmap "$marker" --from-literal=fingerprint="$(fingerprint)"
}

summary() {
  local phases
  phases=$(k get pods -A -o 'jsonpath={range .items[*]}{.status.phase}{"\n"}{end}' | sort | uniq -c |
    awk '{ printf "%s%d %s", sep, $1, $2; sep = ", " }')
  say "$(k get namespaces -o name | wc -l | tr -d ' ') namespaces, $(pods) pods ($phases)"
}

only_a_local_cluster
has_mutating_policies
case $(loaded) in
  "") load ;;
  "$(fingerprint)")
    say "the estate is loaded already"
    settle
    ;;
  *) die "another version of the estate is loaded; take the cluster down first (make demo-down)" ;;
esac
summary
