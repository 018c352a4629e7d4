#!/usr/bin/env bash
# lab: --timeout 300
# A device behind `relay:` and a link of 50 ms each way, as through ssh: the verdicts are those of a local run; and a link that is
# cut while the EID is moved: the run says so, and the relay puts the EID back by itself.
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
uri="relay:exec node $here/slow-link.mjs 50 dist/relay/mctp-relay mctp mctpi2c0/9"

out=$LAB_OUT/slow
"${cli[@]}" run "$here/kernel-stack.yaml" --device "$uri" --exclusive --quiet --out "$out" --select DSP0236/get-endpoint-id \
  --select DSP0236/set-endpoint-id --select DSP0236/packet-header --select DSP0236/assembly >"$out.log" 2>&1
difference=$(node "$here/expected.mjs" "$out/result.json" "$here/kernel-stack.expected.yaml" 40 2>&1)
if [ -z "$difference" ]; then ok "the verdicts of a local run, at 50 ms"; else fail "the verdicts of a local run, at 50 ms: $difference"; fi
tail -n 4 "$out.log"
equal "the device has its EID" 9 "$(inside dev labctl addr show mctpi2c1)"

echo "# the link is cut while the EID is moved"
moved() { [ "$(inside dev labctl addr show mctpi2c1)" != 9 ]; }
back() { ! moved; }
out=$LAB_OUT/cut
"${cli[@]}" run "$here/kernel-stack.yaml" --device "$uri" --exclusive --quiet --out "$out" --select DSP0236/set-endpoint-id >"$out.log" 2>&1 &
running=$!
for ((try = 0; try < 10; try++)); do soon moved && break; done
check "the EID is moved" moved
for process in /proc/[0-9]*; do
  case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in "node $here/slow-link.mjs "*) kill -9 "${process#/proc/}" ;; esac
done
status=0
wait "$running" || status=$?
equal "the run ends as one whose device was lost" 1 "$status"
check "the relay has put the EID back" soon back
check "the record says how the link ended" grep -q '"disconnected: .*restores what was announced' "$out/record.ndjson"
equal "nothing is conformant about it" not-conformant "$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).verdict' "$out/result.json")"
finish
