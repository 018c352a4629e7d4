#!/usr/bin/env bash
# Prints the folder that holds labctl, building it first if these sources have not been built before. A second, no root.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

target=$cache/tools-$(hash_of "${BASH_SOURCE[0]}" "$lab"/labctl/*)
if [ ! -x "$target/labctl" ]; then
  command -v cc >/dev/null || die "cc is missing: sudo npm run lab:setup"
  lock tools
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -o "$work/labctl" "$lab"/labctl/*.c || die "labctl does not build"
  mkdir -p "$target"
  mv "$work/labctl" "$target/labctl"
fi
echo "$target"
