# What the loading of every estate shares. To be sourced with the arguments KUBECTL KUBECONFIG; what says what is loaded,
# timeout how many seconds any one thing may take.

if [[ $# -ne 2 ]]; then
  echo "usage: $0 KUBECTL KUBECONFIG" >&2
  exit 2
fi
kubectl=$1
kubeconfig=$2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { echo "demo: $*" >&2; }
die() { say "$*"; exit 1; }

k() { "$kubectl" --kubeconfig "$kubeconfig" "$@"; }

# quietly runs a command and shows what it said only when it fails: Pod Security warns on many of these manifests, which
# is what they are for, and each request about a PodSecurityPolicy is answered with a warning that it is deprecated.
quietly() {
  if ! "$@" >"$scratch/said" 2>&1; then
    cat "$scratch/said" >&2
    die "failed: $*"
  fi
}

# eventually repeats a function until it succeeds.
eventually() {
  local waited=$1 deadline=$((SECONDS + timeout))
  shift
  until "$@" >/dev/null 2>"$scratch/why"; do
    if ((SECONDS >= deadline)); then
      cat "$scratch/why" >&2
      die "gave up after ${timeout}s waiting for $waited"
    fi
    sleep 0.5
  done
}

only_a_local_cluster() {
  local server
  server=$(k config view --minify -o 'jsonpath={.clusters[0].cluster.server}') || die "cannot read $kubeconfig"
  case $server in
    https://127.0.0.1:* | https://localhost:* | "https://[::1]:"* | http://127.0.0.1:*) return ;;
  esac
  [[ ${DEMO_ANY_CLUSTER:-} == 1 ]] || die "refusing to load $what into $server; set DEMO_ANY_CLUSTER=1 if you mean it"
}
