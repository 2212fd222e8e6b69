#!/usr/bin/env bash
# stage.sh NAME COMMAND...: runs one stage of the Makefile between two lines that say which it is and how long it took.
set -uo pipefail

name="$1"
shift
echo "==> $name"
start=$SECONDS
"$@"
status=$?
elapsed="$(printf '%d:%02d' $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)))"
if [ "$status" -eq 0 ]; then
  echo "==> $name: ok in $elapsed"
else
  echo "==> $name: FAILED after $elapsed" >&2
fi
exit "$status"
