#!/bin/sh
# Builds mctp-relay with the address, leak and undefined-behaviour sanitizers, and tests it: golden vectors, the back
# ends that need no kernel support, and mutated input. FUZZ: number of inputs, SEED: the first of them.
# Needs: gcc libc6-dev (Debian, sanitizers included), node.
set -eu
cd "$(dirname "$0")/../.."
relay=$(mktemp -d)/mctp-relay
trap 'rm -rf "$(dirname "$relay")"' EXIT
# Leaks are looked for at exit; undefined behaviour ends the program instead of being printed only.
CFLAGS="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" OUT="$relay" harness/relay/build.sh
test -x "$relay"
ASAN_OPTIONS=detect_leaks=1 node harness/relay/testing/relay-test.mjs --binary "$relay" --fuzz "${FUZZ:-200}" --seed "${SEED:-1}"
