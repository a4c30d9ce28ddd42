#!/bin/sh
# Prints the folder for the data of tests: one in memory, where there is much of
# it and programs may be run from there, as some tests do. Else it is the usual.
set -eu
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
free=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo 2>/dev/null)
if [ "${room:-0}" -gt 4000000 ] && [ "${free:-0}" -gt 8000000 ] && probe=$(mktemp /dev/shm/postern.XXXXXX 2>/dev/null); then
    trap 'rm -f "$probe"' EXIT
    printf '#!/bin/sh\n' >"$probe"
    chmod 700 "$probe"
    if "$probe" 2>/dev/null; then
        echo /dev/shm
        exit
    fi
fi
echo "${TMPDIR:-/tmp}"
