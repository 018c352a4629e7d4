#!/usr/bin/env bash
# lab: host
# Wall time and request rate on a 100 kHz segment, record and tap on: node here and the relay beside the device, in a guest at the
# other end of a serial line, as with a BMC. Wall is held against what wires and device take, and against a plain C sendto/recvfrom
# loop in the guest; nothing is deducted but what this machine woke the masters of the wires too late. Node in the guest itself,
# which has one processor and slow system calls, is a figure beside it.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
# shellcheck source=../common.sh
source "$LAB_DIR/common.sh"
cd "$LAB_DIR/../.." || exit 3

here=$LAB_DIR/runs
read -ra urgently < <(urgently)
speed() { node "$here/speed.mjs" "$@"; }

# figures WHERE: of the median of five attempts of 300 requests each
figures() {
  local record=$LAB_OUT/$1/record.ndjson
  if ! read -r c busy device late <"$LAB_OUT/$1.wires/figures"; then
    fail "no figures, $1: $(tail -n 3 "$LAB_OUT/$1.log")"
    return 1
  fi
  wall=$(($(speed driven "$record") - late))
  echo "# $1, us a request: tool $wall, and $(($(speed judged "$record") - late)) with judging; C loop $c; wires busy $busy, device $device, woken late $late;" \
    "$(speed gap "$record") from an answer to the next request"
}

line=$(printf '%q ' "$LAB_DIR/boot.sh" --line --pin --out "$LAB_OUT/outside.wires" bash "$here/speed-wires.sh" relay)
${urgently[@]+"${urgently[@]}"} node dist/harness/cli/main.js run "$here/speed.yaml" --device "relay:exec $line" --repeat 5 \
  --select speed --quiet --out "$LAB_OUT/outside" >"$LAB_OUT/outside.log" 2>&1
equal "every request is answered: exit code" 0 $?
if figures outside; then
  between "of the time that wires and device take, per cent" 100 110 $((100 * wall / (busy + device)))
  between "of the C loop's rate, per cent" 80 110 $((100 * c / wall))
fi

"$LAB_DIR/boot.sh" --pin --out "$LAB_OUT/inside.wires" bash "$here/speed-wires.sh" node >"$LAB_OUT/inside.log" 2>&1
mv "$LAB_OUT/inside.wires/run" "$LAB_OUT/inside"
figures inside
finish
