#!/bin/sh
# Installs what the tests need and this machine lacks: a browser, curl, git,
# strace (which makes a disk slow), the proxies that deploy/proxy is for and
# Prometheus's promtool for its rules, from Debian's packages. Where that can't
# be done it says what is missing.
set -eu

missing=""
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v git >/dev/null 2>&1 || missing="$missing git"
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || missing="$missing chromium-headless-shell fonts-dejavu-core"
[ "$(uname)" != Linux ] || command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v caddy >/dev/null 2>&1 || missing="$missing caddy"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing$missing"
    # The tests start the proxies themselves; nothing is to listen beside them.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing ca-certificates >/dev/null
    exit 0
fi
echo "The tests need$missing. Install it as root: apt-get install --no-install-recommends$missing" >&2
exit 1
