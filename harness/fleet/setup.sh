#!/bin/sh
# Installs what the fleet needs beyond npm packages, as root, on Debian: a Redis server, and ip for the test of a network that is cut.
set -eu

missing=
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
[ -n "$missing" ] || { echo 'redis-server and ip are there'; exit 0; }
[ "$(id -u)" = 0 ] || { echo "fleet:setup: run as root: apt-get install$missing" >&2; exit 1; }
apt-get update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
# The package starts a server of its own on the usual port; the demonstration and the tests start theirs.
