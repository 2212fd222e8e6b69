# What the demos share: a local cluster, and commands shown before they run. To be sourced, with name (the cluster's)
# and down (the make target that ends it) set.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { echo "demo: $*" >&2; }
die() { say "$*"; exit 2; }

trap 'echo >&2; say "interrupted; make $down cleans up"; exit 130' INT TERM

localkube() { go run -C "$root/hack/localkube" . "$@"; }

# cluster_env prints KUBECONFIG=… and KUBECTL=… of a running cluster, and fails when there is none.
cluster_env() { localkube env --name "$name" 2>/dev/null; }

# value prints one of the settings of the cluster.
value() { sed -n "s/^$1=//p" <<<"$settings"; }

# start_cluster starts the cluster, with what is given to localkube up, unless it is up already.
start_cluster() {
  settings=$(cluster_env) && { say "using the cluster \"$name\" that is up already"; return; }
  say "starting the cluster \"$name\" (the very first start builds Kubernetes, which takes minutes)"
  localkube up --name "$name" "$@" >/dev/null || die "the cluster did not start; make $down clears what is left of it"
  settings=$(cluster_env) || die "the cluster \"$name\" started and is gone again"
}

# prepare LOAD UP… builds the plugin, starts the cluster and loads an estate into it.
prepare() {
  local load=$1
  shift
  [[ -x $root/bin/kubectl-pss ]] || make -C "$root" build
  # kubectl answers an unknown plugin with exit code 1, which must not be taken for findings.
  [[ -x $root/bin/kubectl-pss ]] || die "bin/kubectl-pss is missing; run make build"
  start_cluster "$@"
  KUBECONFIG=$(value KUBECONFIG)
  kubectl=$(value KUBECTL)
  "$load" "$kubectl" "$KUBECONFIG" || die "the estate did not load; make $down clears it"
  export KUBECONFIG
  PATH=$root/bin:$(dirname "$kubectl"):$PATH
}

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

# go_on says how to go on by hand, with the commands on stdin.
go_on() {
  cat <<END

The cluster stays up. To go on by hand:

  export KUBECONFIG=$KUBECONFIG
  export PATH=$root/bin:$(dirname "$kubectl"):\$PATH

$(sed 's/^/  /')

  make $down$(printf '%*s' $((39 - ${#down})) '') # when you have seen enough
END
}
