# shellcheck shell=bash
# Sourced by the lab's host scripts: where things are, and how they say what goes wrong.

# shellcheck disable=SC2034 # for those who source this
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mctp-certify/lab

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 3
}

# Prints the command that keeps other programs from taking the processor from a measurement, where we may.
urgently() { if chrt --fifo 5 true 2>/dev/null; then echo chrt --fifo 5; fi; }

# Prints one short hash of the files named.
hash_of() { cat -- "$@" | sha256sum | cut -c1-12; }

# Holds one lock per cached thing, so that two callers build it once.
lock() {
  mkdir -p "$cache"
  exec 9>"$cache/$1.lock"
  flock --nonblock 9 || {
    say "waiting for another build of the $1"
    flock 9
  }
}
