#!/bin/sh
# Checks that generated files match their sources, and the browser's code. It
# leaves the work tree as it is unless a generated file was stale.
set -eu

# Generated files are compared by content, so that this works on a work tree
# with changes too.
stamp() { find views static -name '*_templ.go' -o -path 'static/*' -type f ! -name '*.go' | sort | xargs cksum; }
before=$(stamp)
go tool templ generate -log-level error
npm run build --silent
if [ "$before" != "$(stamp)" ]; then
    echo "Generated files were stale; they have been generated again. Commit them." >&2
    exit 1
fi
echo "ok: generated files are fresh"

npm run check --silent
node --test --test-reporter=dot assets/test/ >/dev/null
echo "ok: browser code is typed, and its unit tests pass"
