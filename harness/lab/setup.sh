#!/usr/bin/env bash
# Installs what the lab needs to build its kernel and tools; the only part of the lab that needs root.
set -euo pipefail

packages=(
  linux-source-6.12 # the kernel's source, as Debian patches it
  build-essential bc bison flex xz-utils # what its build asks for
  linux-libc-dev # linux/mctp.h, for labctl
  util-linux # unshare, nsenter and setsid, in the guest
)

[ "$(id -u)" = 0 ] || {
  echo "lab: installing packages needs root: sudo npm run lab:setup" >&2
  exit 2
}
command -v apt-get >/dev/null || {
  echo "lab: no apt-get here; the lab wants a Debian 12 or 13 with: ${packages[*]}" >&2
  exit 3
}

apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}"
