#!/usr/bin/env bash
# lab: --timeout 120 --kernel i2c_vseg.segments=2 --kernel i2c_slave_mqueue.message_size=120
# mctp-relay against a kernel: sockets, tags, binds, capture, counters, what is put back, every refusal with what to type.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

while read -r verdict name; do
  case $verdict in
    ok) ok "$name" ;;
    FAIL) fail "$name" ;;
    *) echo "# $verdict $name" ;;
  esac
done < <(node harness/relay/testing/kernel-test.mjs --binary dist/relay/mctp-relay 2>&1)

refused "a terminal of people is left alone" "stty raw -echo" sh -c "dist/relay/mctp-relay loop </dev/tty1 >/dev/tty1"
finish
