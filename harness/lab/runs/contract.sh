#!/usr/bin/env bash
# lab: --timeout 500 --kernel i2c_vseg.segments=4 --kernel i2c_slave_mqueue.messages=256
# The transport contract over raw I2C, mctp-i2c and mctp-serial, the emulated device at the other end of the wires or the line. The
# contract sends 60 requests without waiting for the answers: the 32 messages that a slave-mqueue holds by default are too few.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

target 2 mctp-i2c-interface 0x10
mctp_end mctpi2c2 8 9 0x1d

# i2c: writes through i2c-bus, relay: through the relay.
export MCTP_LAB='i2c:0@0x1d=1;relay:RELAY i2c 0@0x1d=1;mctp:mctpi2c2/9=3;mctp:SERIAL/9=pty'
MCTP_LAB_TOOL=$(command -v labctl)
export MCTP_LAB_TOOL
said=$LAB_OUT/contract.json
node node_modules/jest/bin/jest.js --cacheDirectory /run/tmp/jest --ci --runInBand --json --outputFile "$said" \
  dist/harness/transport/lab-contract >"$LAB_OUT/contract.log" 2>&1
while IFS=$'\t' read -r verdict name; do
  if [ "$verdict" = passed ]; then ok "$name"; else fail "$name"; fi
done < <(node -e '
  const { testResults } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  for (const { assertionResults } of testResults)
    for (const { status, fullName } of assertionResults) console.log(`${status}\t${fullName}`);
' "$said")
[ "$failed" = 0 ] || grep -v '✓' "$LAB_OUT/contract.log" | cut -c1-300 | head -60
finish
