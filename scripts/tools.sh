#!/bin/sh
# Installs what the tests need and this machine lacks: a browser, curl and
# git, from Debian's packages. Where that can't be done it says what is missing.
set -eu

missing=""
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v git >/dev/null 2>&1 || missing="$missing git"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing ca-certificates >/dev/null
    exit 0
fi
echo "The tests need$missing. Install it as root: apt-get install --no-install-recommends$missing" >&2
exit 1
