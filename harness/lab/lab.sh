#!/usr/bin/env bash
# Runs the lab: lab.sh [--shell] [SCRIPT…], each script of runs/ (or those named) in a guest of its own. The last line is `N passed, N failed`.
# A script prints `ok …` and `FAIL …` lines; a comment `# lab: …` in its head holds options for boot.sh, or `host`: it boots guests itself;
# or `part`: it is what another one runs in its guest.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1:-} in
  --shell) exec "$lab/boot.sh" "$@" ;;
  -*) echo "usage: lab.sh [--shell | SCRIPT…]" >&2 && exit 2 ;;
esac

scripts=("$@")
[ $# -gt 0 ] || mapfile -t scripts < <(grep -L '^# lab: part$' "$lab"/runs/*.sh)

[ -n "${LAB_KERNEL:-}" ] || "$lab/build-kernel.sh" >/dev/null
"$lab/build-tools.sh" >/dev/null

passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for script in "${scripts[@]}"; do
  name=$(basename "$script")
  [ -r "$script" ] || script=$lab/runs/$name
  [ -r "$script" ] || die "no script $name in $lab/runs"
  read -ra options < <(sed -n 's/^# lab: //p' "$script" | head -n 1) || true
  echo "== $name"
  start=$EPOCHREALTIME status=0
  if [ "${options[*]-}" = host ]; then
    out=$(mktemp -d)
    LAB_DIR=$lab LAB_OUT=$out bash "$script" | tee "$log" || status=$?
    rm -rf "$out"
  else
    "$lab/boot.sh" ${options[@]+"${options[@]}"} bash "$script" | tee "$log" || status=$?
  fi
  took=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  good=$(grep -c '^ok ' "$log" || true) bad=$(grep -c '^FAIL ' "$log" || true)
  # A script that died, or that checked nothing, is a failure of its own.
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$good" = 0 ]; }; then
    echo "FAIL $name: exit code $status after $good checks"
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  echo "== $name: $good passed, $bad failed, $took s"
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
