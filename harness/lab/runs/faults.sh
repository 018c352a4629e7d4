#!/usr/bin/env bash
# lab: --timeout 600 --kernel i2c_vseg.segments=3
# What goes wrong on a bench: NAK storms, corrupted PECs, lost arbitration, a stuck bus, an adapter or an interface that goes away in
# mid-run, a second owner.
# The run ends by itself, names the case, blames nothing on the device that it did not do, and never says conformant.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

cli=(node dist/harness/cli/main.js)
profile=$LAB_DIR/runs/kernel-stack.yaml

# device SEGMENT NAMESPACE EID: the kernel's own stack at the far end of a segment, and ours at this end, one below
device() {
  make_netns "$2"
  wire_i2c "$1" "$2" $(($3 - 1)) "$3"
  labctl link "mctpi2c$(($1 * 2))" mtu 254
  inside "$2" labctl responder >/dev/null
}

# run NAME ARGUMENT…: in the background; its result will be in $LAB_OUT/NAME
run() {
  local name=$1
  shift
  "${cli[@]}" run "$profile" --exclusive --quiet --out "$LAB_OUT/$name" "$@" >"$LAB_OUT/$name.log" 2>&1 &
  running=$!
}

# begun NAME CASE: waits until a case of that run has begun
begun() {
  local try
  for ((try = 0; try < 20; try++)); do
    soon grep -qs "\"case.start\".*\"$2\"" "$LAB_OUT/$1/record.ndjson" && return 0
  done
  return 1
}

# past SEGMENT COUNT: so many transfers, or the run is over
past() { ! kill -0 "$running" 2>/dev/null || [ "$(knob "$1" xfers)" -ge "$2" ]; }

# trouble KNOB [SEGMENT]: one transfer in ten, while the run goes on
trouble() {
  local count segment=${2:-0}
  for ((count = 0; count < 6; count++)); do
    kill -0 "$running" 2>/dev/null || return 0
    knob "$segment" "$1" 1
    soon past "$segment" $(($(knob "$segment" xfers) + 10))
  done
}

# seen NAME DELIVERY TEXT: the record has a frame with that fate
seen() { check "$1: the record says so" grep -q "\"delivery\":\"$2\".*$3" "$LAB_OUT/$1/record.ndjson"; }

# verdict NAME: of the run
verdict() { node -e 'console.log(JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).verdict)' "$LAB_OUT/$1/result.json" 2>&1; }

# red NAME: how many cases failed or ended in an error
red() { node -e 'const { counts } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")); console.log(counts.fail + counts.error)' "$LAB_OUT/$1/result.json"; }

# ended EXPECTED: the exit code of the run in the background
ended() {
  local status=0
  wait "$running" || status=$?
  equal "$2: exit code" "$1" "$status"
}

device 0 one 9
device 1 two 19

echo "# NAKs and wrong PECs among good frames are retried, not blamed on the device"
run naks --device mctp:mctpi2c0/9 --select DSP0236/control-message/6
if begun naks DSP0236/control-message/6; then trouble nak_next; fi
ended 0 "a NAK now and then"
equal "a NAK now and then: no red case" 0 "$(red naks)"
run pecs --device mctp:mctpi2c0/9 --select DSP0236/control-message/6
if begun pecs DSP0236/control-message/6; then trouble corrupt_next; fi
ended 0 "a wrong PEC now and then"
equal "a wrong PEC now and then: no red case" 0 "$(red pecs)"

echo "# the same by raw I2C, where we see it ourselves"
make_netns three
inside three target 5 mctp-i2c-interface 0x1d
inside three mctp_end mctpi2c5 9 8 0x10
inside three labctl responder >/dev/null
for knob in nak_next lose_next; do
  run "$knob" --device i2c:4@0x1d --select DSP0236/control-message/6
  if begun "$knob" DSP0236/control-message/6; then trouble "$knob" 2; fi
  ended 0 "$knob now and then"
  equal "$knob now and then: no red case" 0 "$(red "$knob")"
done
seen nak_next nak 'not acknowledged'
seen lose_next arbitration-lost 'another controller won the bus'
for knob in stuck lose_next nak_next; do
  run "$knob-on" --device i2c:4@0x1d --select DSP0236/control-message/6
  begun "$knob-on" DSP0236/control-message/6 && knob 2 "$knob" 1000000
  # Whoever acknowledges no more is not there any more; the rest is nobody's fault that we know of.
  if [ "$knob" = nak_next ]; then ended 1 "$knob for ever"; else ended 3 "$knob for ever"; fi
  knob 2 "$knob" 0
done
seen stuck-on refused 'bus 4 is stuck'
seen lose_next-on arbitration-lost 'another controller won the bus'
seen nak_next-on nak 'not acknowledged'

echo "# the adapter goes away"
run detached --device mctp:mctpi2c0/9
begun detached DSP0236/control-message/6 && knob 0 detach 1
ended 1 "adapter detached in mid-run"
equal "adapter detached in mid-run: never conformant" not-conformant "$(verdict detached)"

echo "# the interface goes down"
run down --device mctp:mctpi2c2/19
begun down DSP0236/control-message/6 && labctl link mctpi2c2 down
status=0
wait "$running" || status=$?
if [ "$status" = 1 ] || [ "$status" = 3 ]; then ok "interface down in mid-run: exit code $status"; else fail "interface down in mid-run: exit code $status"; fi
check "interface down in mid-run: never conformant" [ "$(verdict down)" != conformant ]
labctl link mctpi2c2 up

echo "# an interface that is down, or is not there"
labctl link mctpi2c2 down
run off --device mctp:mctpi2c2/19
ended 3 "interface down"
check "interface down: one line that says what to type" grep -q 'mctp link set mctpi2c2 up' "$LAB_OUT/off.log"
run none --device mctp:mctpi2c9/9
ended 3 "no such interface"
equal "no such interface: one line" 1 "$(wc -l <"$LAB_OUT/none.log")"
labctl link mctpi2c2 up

echo "# another program is the bus owner"
labctl responder >/dev/null
run owner --device mctp:mctpi2c2/19 --select DSP0236/get-endpoint-id
ended 0 "a second owner does not keep requests from being answered"
finish
