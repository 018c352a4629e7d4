#!/bin/sh
# Builds the relay for BMCs (arm64, armv7, armv6) into dist/relay/, and tests each under qemu-user: golden vectors, pty,
# some fuzz. With --no-test it only builds.
# Needs (Debian): gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-arm-linux-gnueabi libc6-dev-arm64-cross
# libc6-dev-armhf-cross libc6-dev-armel-cross; qemu-user-static and node for the tests.
set -eu
cd "$(dirname "$0")/../.."
optimise="-O2 -static -ffunction-sections -fdata-sections -Wl,--gc-sections -s"

one() { # name, compiler, flags, emulator
  if ! command -v "$2" >/dev/null 2>&1; then
    echo "cross.sh: no $2 (the head of this script lists the Debian packages)" >&2
    exit 1
  fi
  CC="$2" CFLAGS="$optimise $3" OUT="dist/relay/mctp-relay-$1" harness/relay/build.sh
  [ "${test:-yes}" = no ] ||
    node harness/relay/testing/relay-test.mjs --binary "dist/relay/mctp-relay-$1" --wrapper "$4" --fuzz "${FUZZ:-20}"
}

[ "${1:-}" != --no-test ] || test=no
one arm64 aarch64-linux-gnu-gcc "" "qemu-aarch64-static"
one armv7 arm-linux-gnueabihf-gcc "-march=armv7-a+fp" "qemu-arm-static -cpu cortex-a7"
# Debian's C library for armel is built for ARMv5: fit for the ARM11 of an AST2500 too, which is an ARMv6.
one armv6 arm-linux-gnueabi-gcc "-march=armv6" "qemu-arm-static -cpu arm1176"
