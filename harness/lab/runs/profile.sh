#!/usr/bin/env bash
# lab: host
# The whole profile over raw I2C, mctp-i2c and mctp-serial against the emulated device at the other end of the wires; and with each of
# some deviations the suites that see it: the verdicts are those of sim: wherever the scope reaches. Two guests at a time, whose clocks
# jump while nothing is to be done: waits of minutes are waited for, and cost nothing; and a busy machine makes no answer late.
# PROFILE: another one. DEVIATIONS: others, or none.
set -uo pipefail
# shellcheck source=../guest.sh
source "$LAB_DIR/guest.sh"
cd "$LAB_DIR/../.." || exit 3

export PROFILE=${PROFILE:-nic}
read -ra deviations <<<"${DEVIATIONS-accepts-any-header-version keeps-eid smbus-pec-not-checked}"
here=$LAB_DIR/runs
jobs=()

# sim BINDING [DEVIATION]
sim() {
  node dist/harness/cli/main.js run "$PROFILE" --device "sim:$PROFILE?binding=$1${2:+&deviation=$2}" --quiet \
    --out "$LAB_OUT/sim-$1${2:+-$2}" >"$LAB_OUT/sim-$1${2:+-$2}.log" 2>&1
}

# suites_that_see DEVIATION: those with a case that fails on sim:
suites_that_see() {
  node -p '[...new Set(JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).cases
    .filter(({ verdict }) => verdict === "fail").map(({ suite }) => suite))].join(" ")' "$LAB_OUT/sim-smbus-$1/result.json"
}

# guest WAY [DEVIATION SUITE…]
guest() {
  local name=$1${2:+-$2}
  "$LAB_DIR/boot.sh" --timeout 500 --out "$LAB_OUT/$name" --env PROFILE="$PROFILE" --kernel i2c_vseg.segments=2 \
    --kernel time-travel=inf-cpu bash "$here/profile-way.sh" "$@" >"$LAB_OUT/$name.log" 2>&1
  echo "# $name: $SECONDS s"
}

# same NAME SIM [--red]
same() {
  local said
  said=$(node "$here/compare.mjs" "$LAB_OUT/$1/result.json" "$LAB_OUT/sim-$2/result.json" ${3:+"$3"} 2>&1)
  if grep -qv '^#' <<<"$said"; then
    fail "$1: $(grep -v '^#' <<<"$said")"
    tail -n 20 "$LAB_OUT/$1.log"
  else
    ok "$1: the verdicts of sim:"
  fi
  grep '^#' <<<"$said"
}

jobs=(i2c mctp serial)
for deviation in ${deviations[@]+"${deviations[@]}"}; do
  sim smbus "$deviation"
  suites=$(suites_that_see "$deviation")
  jobs+=("i2c $deviation $suites")
  # Only frames reach it.
  [[ $deviation == smbus-* ]] || jobs+=("mctp $deviation $suites")
done
for job in "${jobs[@]}"; do
  [ "$(jobs -pr | wc -l)" -lt 2 ] || wait -n
  # shellcheck disable=SC2086 # words
  guest $job &
done
sim smbus
sim serial
wait

for job in "${jobs[@]}"; do
  read -r way deviation _ <<<"$job"
  case $way in serial) binding=serial ;; *) binding=smbus ;; esac
  same "$way${deviation:+-$deviation}" "$binding${deviation:+-$deviation}" ${deviation:+--red}
done
finish
