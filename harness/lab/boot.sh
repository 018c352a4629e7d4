#!/usr/bin/env bash
# Boots the lab's kernel and runs one command in it, as an ordinary user, in about a second:
#
#   boot.sh [--timeout SECONDS] [--out DIR] [--pin] [--env NAME=VALUE]… [--kernel WORD]… COMMAND [ARGUMENT…]
#   boot.sh --line COMMAND…
#   boot.sh --shell
#
# --shell: at a terminal; what comes through a pipe or from a file is run as a script instead, with guest.sh's helpers too.
# The guest sees this machine's files read-only, and one folder of it writable: DIR, or one that is thrown away, as $LAB_OUT.
# --kernel adds a word to the kernel's command line: i2c_vseg.segments=2, i2c_slave_mqueue.message_size=120.
# --pin keeps the guest on one processor of this machine, for itself as far as we may: its system calls take a third of the time.
# --line makes a serial line of standard input and output, the guest's /dev/tty1; the command's own output goes to standard error.
# Output and exit code are the command's; 124: it took longer than SECONDS (120); 3: the guest died, or cannot be started.
# LAB_KERNEL=FILE boots another kernel than build-kernel.sh's.
# LAB_MEMORY (1G) and LAB_TMPDIR (where that memory lives, as far as it is touched) are for machines with little room.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}

limit=120 out='' shell='' line='' variables=() words=() pin=()
while [ $# -gt 0 ]; do
  case $1 in
    --timeout) limit=${2:?} && shift 2 ;;
    --out) out=${2:?} && shift 2 ;;
    --pin) pin=($(urgently) taskset --cpu-list "$(nproc --all | awk '{ print $1 - 1 }')") && shift ;;
    --line) line=yes && shift ;;
    --env) variables+=("${2:?}") && shift 2 ;;
    --kernel) words+=("${2:?}") && shift 2 ;;
    --shell) shell=yes && shift ;;
    --help | -h | -*) usage ;;
    *) break ;;
  esac
done
[ -n "$shell" ] || [ $# -gt 0 ] || usage

memory=${LAB_MEMORY:-1G}

# The guest's memory is a file that is mapped executable.
fits() {
  local probe free
  [ -d "$1" ] && [ -w "$1" ] || return 1
  free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge $(($(numfmt --from=iec "$memory") / 1024)) ] || return 1
  probe=$(mktemp "$1/mctp-lab.XXXXXX") || return 1
  printf '#!/bin/sh\n' >"$probe"
  chmod +x "$probe"
  if "$probe" 2>/dev/null; then rm "$probe"; else rm "$probe" && return 1; fi
}

choose_tmpdir() {
  local dir
  for dir in ${LAB_TMPDIR:+"$LAB_TMPDIR"} /dev/shm /tmp /var/tmp; do
    if fits "$dir"; then
      echo "$dir"
      return
    fi
  done
  die "none of ${LAB_TMPDIR:-} /dev/shm /tmp /var/tmp is executable and has $memory of room; set LAB_MEMORY or LAB_TMPDIR"
}

kernel=${LAB_KERNEL:-$("$lab/build-kernel.sh")}
tools=$("$lab/build-tools.sh")
tmpdir=$(choose_tmpdir)
work=$(mktemp -d "$tmpdir/mctp-lab.XXXXXX")
state=$([ -z "$shell" ] || stty -g 2>/dev/null || true)
# shellcheck disable=SC2317 # called by the trap
finish() {
  rm -rf "$work"
  [ -z "$state" ] || stty "$state"
}
trap finish EXIT

case $PWD in
  /dev/* | /proc/* | /run/* | /sys/*) die "the guest mounts its own /dev, /proc, /run and /sys: it would not see $PWD" ;;
esac

# No word of the kernel's command line may have a space: what may goes through this file.
mkdir "$work/out" "$work/bin"
cp "$lab/init.sh" "$work/init.sh"
cp "$tools/labctl" "$work/bin/labctl"
printf '#!/bin/sh\nexec node %q "$@"\n' "${lab%/harness/lab}/dist/harness/cli/main.js" >"$work/bin/mctp-certify"
printf '#!/bin/sh\nexec %q "$@"\n' "${lab%/harness/lab}/dist/relay/mctp-relay" >"$work/bin/mctp-relay"
chmod +x "$work"/bin/mctp-*
if [ -n "$shell" ] && [ ! -t 0 ]; then
  cat >"$work/commands"
  shell='' limit=3600
  set -- bash -c 'source "$LAB_DIR/guest.sh" && source /run/lab/commands'
fi
{
  for variable in "PATH=/run/lab/bin:$PATH" LAB_OUT=/run/lab/out LAB_DIR="$lab" ${variables[@]+"${variables[@]}"}; do
    printf 'export %q\n' "$variable"
  done
  printf 'cd %q\n' "$PWD"
  [ -n "$shell" ] || printf 'exec %s\n' "$(printf '%q ' "$@")"
} >"$work/job"
if [ -n "$out" ]; then
  mkdir -p "$out"
  (cd "$out" && pwd -P) >"$work/out-folder"
fi

guest=(${pin[@]+"${pin[@]}"} "$kernel" "mem=$memory" "uml_dir=$work/" umid=lab root=none rootfstype=hostfs rootflags=/ ro "init=$work/init.sh"
  con=null quiet panic=-1 "lab_work=$work" ${words[@]+"${words[@]}"})
export TMPDIR=$tmpdir

if [ -n "$shell" ]; then
  read -r rows columns < <(stty size 2>/dev/null) || true
  "${guest[@]}" con0=fd:0,fd:1 lab_shell=yes ${rows:+"lab_rows=$rows" "lab_columns=$columns"} <&0 &
  running=$!
  # A terminal that is closed takes its guest along.
  trap 'kill "$running" 2>/dev/null; wait "$running"; exit 130' HUP TERM
  wait "$running" || true
else
  # In a process group of its own, which the time limit and an interrupt end as a whole.
  if [ -n "$line" ]; then
    timeout --kill-after 5 "$limit" "${guest[@]}" con0=null,fd:2 con1=fd:3,fd:4 3<&0 4>&1 </dev/null >&2 &
  else
    timeout --kill-after 5 "$limit" "${guest[@]}" con0=null,fd:1 </dev/null &
  fi
  running=$!
  trap 'kill "$running" 2>/dev/null; wait "$running" || true; exit 130' INT TERM
  status=0
  wait "$running" || status=$?
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    say "the guest was ended after $limit s"
    exit 124
  fi
fi
[ -s "$work/exit" ] || die "the guest died before its command ended"
exit "$(cat "$work/exit")"
