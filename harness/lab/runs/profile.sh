#!/usr/bin/env bash
# lab: --timeout 900 --kernel i2c_vseg.segments=4
# The whole profile over raw I2C, mctp-i2c and mctp-serial against the emulated device at the other end of the wires; and with
# deviations the suites of the base and of SMBus: the verdicts are those of sim: wherever the scope reaches.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

profile=${PROFILE:-nic}
read -ra deviations <<<"${DEVIATIONS:-accepts-any-header-version keeps-eid}"
cli=(node dist/harness/cli/main.js)

# said FILE: waits until an emulated device is there
said() { soon test -s "$1" || soon test -s "$1" || soon test -s "$1"; }

# same NAME RESULT EXPECTED: every case that ran has the verdict that it has on sim:
same() {
  local difference
  difference=$(node -e '
    const [, ran, sim] = process.argv.map((file, index) => index && JSON.parse(require("node:fs").readFileSync(`${file}/result.json`, "utf8")));
    const expected = new Map(sim.cases.map(({ id, verdict }) => [id, verdict]));
    const reached = ran.cases.filter((each) => each.verdict !== "unreachable");
    // Whether a temperature changes within its interval depends on when it is read.
    const byChance = ({ id, verdict }) => /^pldm\/numeric-sensor\/8/.test(id) && verdict === "warn";
    if (reached.length < 100) console.log(`only ${reached.length} cases ran`);
    for (const { id, verdict, reason } of reached)
      if (verdict !== expected.get(id) && !byChance({ id, verdict })) console.log(`${id}: ${verdict} (${reason ?? ""}), on sim: ${expected.get(id)}`);
  ' "$2" "$3" 2>&1)
  if [ -z "$difference" ]; then ok "$1"; else fail "$1: $difference"; fi
}

# over NAME URI BINDING [DEVIATION]: one run, and the one on sim: that it is held against
over() {
  local name=$1 uri=$2 binding=$3 deviation=${4:-} out sim selection=() from=$SECONDS
  [ -z "$deviation" ] || selection=(--select DSP0236 --select DSP0237)
  out=$LAB_OUT/$name${deviation:+-$deviation}
  sim=$LAB_OUT/sim-$binding${deviation:+-$deviation}
  [ -e "$sim" ] || "${cli[@]}" run "$profile" --device "sim:$profile?binding=$binding${deviation:+&deviation=$deviation}" \
    ${selection[@]+"${selection[@]}"} --quiet --out "$sim" >/dev/null 2>&1
  "${cli[@]}" run "$profile" --device "$uri" --exclusive --allow reset --allow firmware --allow persistent --allow bus-disruptive \
    ${selection[@]+"${selection[@]}"} --quiet --out "$out" >"$out.log" 2>&1
  same "$name${deviation:+ with $deviation}" "$out" "$sim"
  echo "# $((SECONDS - from)) s"
}

target 2 mctp-i2c-interface 0x10
mctp_end mctpi2c2 8 9 0x1d
labctl link mctpi2c2 mtu 254

for deviation in '' "${deviations[@]}"; do
  faults=(${deviation:+--deviation "$deviation"})
  for way in i2c mctp serial; do
    # By serial the clean device is enough: what is above the driver is the same.
    [ "$way" != serial ] || [ -z "$deviation" ] || continue
    case $way in
      i2c) there=(--i2c 1@0x1d) ;;
      mctp) there=(--i2c 3@0x1d) ;;
      serial) there=(--pty) ;;
    esac
    rm -f /run/tmp/path /run/tmp/said /run/tmp/tty
    "${cli[@]}" emulate "$profile" "${there[@]}" ${faults[@]+"${faults[@]}"} >/run/tmp/path 2>/run/tmp/said &
    device=$!
    said /run/tmp/said
    case $way in
      i2c) over i2c i2c:0@0x1d smbus "$deviation" ;;
      mctp) over mctp-i2c mctp:mctpi2c2/9 smbus "$deviation" ;;
      serial)
        labctl tty "$(cat /run/tmp/path)" >/run/tmp/tty &
        line=$!
        said /run/tmp/tty
        read -r interface _ </run/tmp/tty
        labctl link "$interface" up
        labctl addr add "$interface" 8
        over mctp-serial "mctp:$interface/9" serial "$deviation"
        kill "$line" 2>/dev/null
        ;;
    esac
    kill "$device"
    wait "$device" 2>/dev/null
  done
done
finish
