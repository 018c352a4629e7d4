#!/bin/sh
# Builds dist/relay/mctp-relay where there is a C compiler; where there is none, says so in one line and is content.
# CC, CFLAGS and OUT may be set. Needs: gcc libc6-dev (Debian).
set -eu
cd "$(dirname "$0")/../.."
cc=${CC:-cc}
out=${OUT:-dist/relay/mctp-relay}
if [ "$(uname -s)" != Linux ] || ! command -v "${cc%% *}" >/dev/null 2>&1; then
  echo "mctp-relay is not built: it needs Linux and a C compiler (apt-get install gcc libc6-dev, then harness/relay/build.sh)"
  exit 0
fi
mkdir -p "$(dirname "$out")"
# A compiler that cannot link (no static libc, say) must not keep anybody from installing the rest; test.sh is strict.
# shellcheck disable=SC2086 # CC and CFLAGS are lists of words
$cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror ${CFLAGS:--O2 -static -ffunction-sections -fdata-sections -Wl,--gc-sections -s} \
  -o "$out" harness/relay/*.c ||
  echo "mctp-relay is not built: $cc failed; everything but Linux transports works (apt-get install gcc libc6-dev, then harness/relay/build.sh)"
