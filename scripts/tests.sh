#!/bin/sh
# Divides the Go tests between the run with the race detector and the run without,
# so that no test runs twice at its full size. Prints, for
#
#   raced   the packages whose code or tests have goroutines, locks or atomics, the
#           largest first: the last one to end leaves processors idle
#   plain   all other packages, and the commands: their tests run the binary, which
#           no detector watches
#   whole   a pattern of the tests in the raced packages that the race run leaves
#           out, or runs with fewer rounds: those that call fullrun in their own
#           body, and those of files that are not built for the detector
set -eu
cd "$(dirname "$0")/.."

meet='^[[:space:]]+go [a-zA-Z]|"sync"|"sync/atomic"|\.Go\(func'
raced() {
    for folder in $(find internal -name '*_test.go' -exec dirname {} + | sort -u); do
        if grep -lqE "$meet" "$folder"/*.go; then echo "$(cat "$folder"/*_test.go | wc -c) ./$folder"; fi
    done | sort -rn | cut -d ' ' -f 2
}

case ${1:-} in
raced) raced ;;
plain)
    raced >"${list:=$(mktemp)}"
    go list -f './{{slice .ImportPath 8}}' ./... | grep -vxF -f "$list"
    rm -f "$list"
    ;;
whole)
    raced | while read -r folder; do cat "$folder"/*_test.go; done | awk '
        /^\/\/go:build/ { tagged = 1; norace = /!race/; name = "" }
        /^package / { if (!tagged) norace = 0; tagged = 0; name = "" }
        /^func / { name = match($0, /^func Test[A-Za-z0-9_]+/) ? substr($0, 6, RLENGTH - 5) : "" }
        /fullrun\./ && name == "" { print "fullrun is called outside of a test: " $0 >"/dev/stderr"; failed = 1 }
        name != "" && (norace || /fullrun\./) { names[name] }
        END {
            if (failed) exit 1
            for (name in names) { pattern = pattern sep name; sep = "|" }
            print "^(" pattern ")$"
        }
    '
    ;;
*)
    echo "usage: $0 raced|plain|whole" >&2
    exit 2
    ;;
esac
