#!/usr/bin/env bash
# lab: host
# The guest to play in, fed by a pipe: helpers, tools and exit code. The README's example, as far as it can be checked.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"

commands() {
  cat <<'EOF'
make_netns dev
wire_i2c 0 dev 8 9
inside dev labctl responder >/dev/null
labctl request 9 '80 02'
knob 0 byte_us 90
mctp-certify run endpoint --device mctp:mctpi2c0/9 --select DSP0236/get-endpoint-id/1 --out /run/tmp/out
mctp-relay --version
exit 7
EOF
}

status=0
said=$(commands | "$LAB_DIR/boot.sh" --shell 2>&1) || status=$?
equal "the exit code is the commands'" 7 "$status"
check "the kernel's stack answers as a device" grep -q '^9: 00 02 00 09 00' <<<"$said"
check "a case passes" grep -q 'cases .*1 planned: 1 pass' <<<"$said"
check "the relay is there" grep -q '^mctp-relay [0-9]' <<<"$said"
[ "$failed" = 0 ] || echo "$said"
finish
