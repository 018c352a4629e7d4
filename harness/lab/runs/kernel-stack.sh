#!/usr/bin/env bash
# lab: --timeout 300 --kernel i2c_vseg.segments=2
# The Linux kernel's own MCTP stack as the device, a small control responder on an AF_MCTP socket: every verdict that is not a
# pass stands in an expectation file, with its reason.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

cli=(node dist/harness/cli/main.js)
here=$LAB_DIR/runs
make_netns dev
wire_i2c 0 dev 8 9
labctl link mctpi2c0 mtu 254
inside dev labctl responder >/dev/null

make_netns raw
inside raw target 3 mctp-i2c-interface 0x1d
inside raw mctp_end mctpi2c3 9 8 0x10
inside raw labctl responder >/dev/null

# judged NAME EXPECTATIONS URI: a run, and its verdicts against the file
judged() {
  local out=$LAB_OUT/$1 difference
  "${cli[@]}" run "$here/kernel-stack.yaml" --device "$3" --exclusive --quiet --out "$out" >"$out.log" 2>&1
  difference=$(node "$here/expected.mjs" "$out/result.json" "$2" 2>&1)
  if [ -z "$difference" ]; then ok "$1"; else fail "$1: $difference"; fi
  tail -n 6 "$out.log"
}

judged kernel-over-mctp "$here/kernel-stack.expected.yaml" mctp:mctpi2c0/9
judged kernel-over-i2c "$here/kernel-stack-i2c.expected.yaml" i2c:2@0x1d
finish
