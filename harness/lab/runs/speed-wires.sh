#!/usr/bin/env bash
# lab: part
# speed-wires.sh relay|node: the guest of speed.sh. Leaves `figures`, us for each request: the C loop's, wires, device, woken late.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

make_netns dev
wire_i2c 0 dev 8 9
labctl link mctpi2c0 mtu 254
inside dev labctl responder >/dev/null
knob 0 byte_us 90

c=$(for _ in 1 2 3 4 5; do labctl cloop 9 300 | sed 's/.* median \([0-9]*\) us.*/\1/'; done | sort -n | sed -n 3p)
counters=(xfers busy_us idle_us_1 late_us)
before=() after=()
for name in "${counters[@]}"; do before+=("$(knob 0 "$name")"); done
if [ "$1" = relay ]; then
  stty raw -echo </dev/tty1
  dist/relay/mctp-relay mctp mctpi2c0/9 </dev/tty1 >/dev/tty1
else
  # Files of the machine outside are slow to write to.
  node dist/harness/cli/main.js run "$LAB_DIR/runs/speed.yaml" --device mctp:mctpi2c0/9 --repeat 5 --select speed --quiet --out /run/tmp/run
fi
for name in "${counters[@]}"; do after+=("$(knob 0 "$name")"); done
requests=$(((after[0] - before[0]) / 2))
for at in 1 2 3; do c+=" $(((after[at] - before[at]) / requests))"; done
echo "$c" >"$LAB_OUT/figures"
[ "$1" = relay ] || cp -r /run/tmp/run "$LAB_OUT"
