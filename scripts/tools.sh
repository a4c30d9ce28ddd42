#!/bin/sh
# Installs the programs that the tests need and this machine lacks, from Debian's
# packages. It says first what it installs and why.
#
# With POSTERN_NO_INSTALL=1 it installs nothing: it says which programs are missing
# and which tests can't run without them, and succeeds.
set -eu

missing=""
reasons=""
# need PACKAGES REASON PROGRAM...: the packages are missing unless one of the
# programs is there.
need() {
    packages=$1 reason=$2
    shift 2
    for program; do
        if command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ]; then
            return
        fi
    done
    missing="$missing $packages"
    reasons="$reasons
  $packages: $reason"
}
need curl "runs the commands in the documentation" curl
need git "gives the tests of scripts a repository" git
need "chromium-headless-shell fonts-dejavu-core" "runs the browser tests" chromium-headless-shell chromium
[ "$(uname)" != Linux ] || need strace "makes a disk slow, for the tests of slow disks" strace
need nginx-light "serves the example configuration in deploy/proxy, for its tests" nginx
need caddy "serves the other example configuration in deploy/proxy, for its tests" caddy
need prometheus "checks the alert rules in deploy/prometheus (promtool)" promtool
[ -n "$missing" ] || exit 0

if [ "${POSTERN_NO_INSTALL:-}" = 1 ]; then
    echo "Missing, and not installed because of POSTERN_NO_INSTALL=1. Tests that need these can't run:$reasons"
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "The tests need these packages:$reasons" >&2
    echo "Install them as root: apt-get install --no-install-recommends$missing" >&2
    echo "Or set POSTERN_NO_INSTALL=1 to run only the tests that can run without them." >&2
    exit 1
fi
echo "The tests need these packages, which are now installed on this machine with apt-get (POSTERN_NO_INSTALL=1 prevents that):$reasons"
# The tests start the proxies themselves: apt-get must start no service.
policy=${POSTERN_POLICY_FILE:-/usr/sbin/policy-rc.d}
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing ca-certificates >/dev/null
