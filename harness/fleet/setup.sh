#!/bin/sh
# Installs what the fleet needs beyond npm packages, as root, on Debian: a Redis server; for its tests ip, which cuts a network,
# openssl for certificates, and python3 for a terminal.
set -eu

missing=
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v python3 >/dev/null 2>&1 || missing="$missing python3"
[ -n "$missing" ] || { echo 'all of it is there'; exit 0; }
[ "$(id -u)" = 0 ] || { echo "fleet:setup: run as root: apt-get install$missing" >&2; exit 1; }
apt-get update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
# The package starts a server of its own on the usual port; the demonstration and the tests start theirs.
