#!/usr/bin/env bash
# lab: --timeout 400 --pin
# Request rate over mctp-i2c against a plain C sendto/recvfrom loop to the same peer, and on a 100 kHz segment what passes between an
# answer and the next request, which may be a tenth of what wires and device take: a relay sends what follows by itself. Without wire
# time everything is system calls, each of which takes as long here as fifty of a real machine: what a bare node program needs to ask
# another program and hear from it is measured beside them, and is the unit of what is allowed there.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

cli=(node dist/harness/cli/main.js)
here=$LAB_DIR/runs
ROUND_TRIPS=20
make_netns dev
wire_i2c 0 dev 8 9
labctl link mctpi2c0 mtu 254
inside dev labctl responder >/dev/null

# of five C loops, us for each request: the median
c_loop() {
  for _ in 1 2 3 4 5; do labctl cloop 9 300 | sed 's/.* median \([0-9]*\) us.*/\1/'; done | sort -n | sed -n 3p
}

# tool NAME: us for each request, of the median of five attempts
tool() {
  "${cli[@]}" run "$here/speed.yaml" --device mctp:mctpi2c0/9 --repeat 5 --select speed --quiet --out "$LAB_OUT/$1" >"$LAB_OUT/$1.log" 2>&1
  node "$here/speed.mjs" record "$LAB_OUT/$1/record.ndjson"
}

trip=$(node "$here/speed.mjs" pipe 1000)
c=$(c_loop)
ours=$(tool free)
echo "# no wire time: C loop $c us a request, tool $ours us: $((100 * c / ours)) % of its rate"
echo "# a bare node program's round trip through two pipes takes $trip us: no more than $((100 * c / (c + trip))) % can be had here"
between "over what the C loop takes, us for each request" 0 $((ROUND_TRIPS * trip)) $((ours - c))

knob 0 byte_us 90
c=$(c_loop)
transfers=$(knob 0 xfers) busy=$(knob 0 busy_us) device=$(knob 0 idle_us_1)
ours=$(tool paced)
transfers=$((($(knob 0 xfers) - transfers) / 2))
busy=$((($(knob 0 busy_us) - busy) / transfers)) device=$((($(knob 0 idle_us_1) - device) / transfers))
echo "# 100 kHz: C loop $c us a request, tool $ours us: $((100 * c / ours)) % of its rate"
echo "# the wires are busy for $busy us, the device takes $device us: wall is $((100 * ours / (busy + device))) % of that"
# The median of all, for now and then another program of this machine has the processor: what is late then is late for the wires too.
gap=$(node "$here/speed.mjs" gap "$LAB_OUT/paced/record.ndjson")
between "between an answer and the next request at most a tenth of what wires and device take, us" 0 $(((busy + device) / 10)) "$gap"
finish
