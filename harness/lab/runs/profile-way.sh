#!/usr/bin/env bash
# lab: part
# profile-way.sh WAY [DEVIATION SUITE…]: a guest of profile.sh. One run over i2c, mctp or serial against the emulated device at the other
# end of the wires, or of the line; leaves it in $LAB_OUT.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

way=$1 deviation=${2:-} profile=${PROFILE:-nic}
cli=(node dist/harness/cli/main.js)
selection=()
for suite in "${@:3}"; do selection+=(--select "$suite"); done

# Files of the machine outside are slow to write to.
here=/run/tmp
case $way in
  i2c) there=(--i2c 1@0x1d) ;;
  mctp) there=(--i2c 3@0x1d) ;;
  serial) there=(--pty) ;;
  *) exit 2 ;;
esac
"${cli[@]}" emulate "$profile" "${there[@]}" ${deviation:+--deviation "$deviation"} >$here/path 2>$here/said &
soon test -s $here/said || soon test -s $here/said

case $way in
  i2c) uri=i2c:0@0x1d ;;
  mctp)
    target 2 mctp-i2c-interface 0x10
    mctp_end mctpi2c2 8 9 0x1d
    labctl link mctpi2c2 mtu 254
    uri=mctp:mctpi2c2/9
    ;;
  serial)
    read -r interface _ < <(labctl tty "$(cat $here/path)")
    labctl link "$interface" up
    labctl addr add "$interface" 8
    uri=mctp:$interface/9
    ;;
esac
"${cli[@]}" run "$profile" --device "$uri" --exclusive --allow reset --allow firmware --allow persistent --allow bus-disruptive \
  ${selection[@]+"${selection[@]}"} --quiet --out $here/run
status=$?
cp $here/run/result.json "$LAB_OUT"
exit $status
