# shellcheck shell=bash
# Sourced by the guest scripts in runs/: verdict lines, the segments' knobs, network namespaces, both ends of a wire.

passed=0 failed=0

ok() {
  passed=$((passed + 1))
  echo "ok $*"
}

fail() {
  failed=$((failed + 1))
  echo "FAIL $*"
}

# check NAME COMMAND…: the command succeeds
check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then ok "$name"; else fail "$name: $* said: $said"; fi
}

# refused NAME PATTERN COMMAND…: the command fails, and says why
refused() {
  local name=$1 pattern=$2 said
  shift 2
  if said=$("$@" 2>&1); then
    fail "$name: $* should have failed"
  elif grep -q -- "$pattern" <<<"$said"; then
    ok "$name"
  else
    fail "$name: expected $pattern, got: $said"
  fi
}

# equal NAME EXPECTED ACTUAL
equal() { if [ "$2" = "$3" ]; then ok "$1"; else fail "$1: expected '$2', got '$3'"; fi; }

# between NAME LEAST MOST ACTUAL
between() {
  if [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1 ($4)"; else fail "$1: expected $2 to $3, got $4"; fi
}

# soon COMMAND…: waits up to two seconds for it to succeed
soon() {
  local try
  for ((try = 0; try < 200; try++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.01
  done
  return 1
}

absent() { [ ! -e "$1" ]; }

# /sys/class/net shows the first namespace only
no_interface() { ! grep -q "^ *$1:" /proc/self/net/dev; }

# The last line of a script.
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
  exit
}

# knob SEGMENT NAME [VALUE]: reads or sets a knob or counter of the virtual wires
knob() {
  local file=/sys/kernel/debug/i2c-vseg/seg$1/$2
  if [ $# -gt 2 ]; then echo "$3" >"$file"; else cat "$file"; fi
}

# target BUS KIND ADDRESS (7 bits): mctp-i2c-interface, slave-mqueue or slave-24c02 at an address of that adapter's own
target() { printf '%s 0x%04x\n' "$2" $((0x1000 | $3)) >"/sys/bus/i2c/devices/i2c-$1/new_device"; }

# mqueue_file BUS ADDRESS: where that slave-mqueue target's messages are read
mqueue_file() { printf '/sys/bus/i2c/devices/%d-%04x/slave-mqueue' "$1" $((0x1000 | $2)); }

# A second network namespace, where `ip netns` would put it too: the device's side has a kernel stack of its own.
make_netns() {
  touch "/run/netns/$1"
  unshare --net="/run/netns/$1" true
}

# inside NAMESPACE COMMAND…; functions of this file too
inside() {
  local namespace=$1
  shift
  if [ "$(type -t "$1")" = function ]; then
    # shellcheck disable=SC2016 # the inner shell expands it
    nsenter --net="/run/netns/$namespace" bash -c 'source "$LAB_DIR/guest.sh"; "$@"' _ "$@"
  else
    nsenter --net="/run/netns/$namespace" "$@"
  fi
}

# mctp_end INTERFACE OWN_EID PEER_EID [PEER_ADDRESS]: up, an address, a route and a neighbour, at the baseline transmission unit
mctp_end() {
  labctl link "$1" mtu 68
  labctl link "$1" up
  labctl addr add "$1" "$2"
  labctl route add "$1" "$3"
  labctl neigh add "$1" "$3" ${4:+"$4"}
}

# wire_i2c SEGMENT NAMESPACE OWNER_EID DEVICE_EID: by mctp-i2c on a segment of two ports; the owner here, at 0x10, the device there, at 0x1d
wire_i2c() {
  local owner=$(($1 * 2)) device=$(($1 * 2 + 1))
  target "$owner" mctp-i2c-interface 0x10
  inside "$2" target "$device" mctp-i2c-interface 0x1d
  mctp_end "mctpi2c$owner" "$3" "$4" 0x1d
  inside "$2" mctp_end "mctpi2c$device" "$4" "$3" 0x10
}

# wire_serial NAMESPACE OWNER_EID DEVICE_EID: by mctp-serial over a pty pair; prints the owner's and the device's interface
wire_serial() {
  local pair owner device
  read -ra pair < <(labctl pty-pair)
  read -r owner _ < <(labctl tty "${pair[0]}")
  read -r device _ < <(labctl tty "${pair[1]}")
  labctl link "$device" netns "/run/netns/$1"
  mctp_end "$owner" "$2" "$3"
  inside "$1" mctp_end "$device" "$3" "$2"
  echo "$owner $device"
}
