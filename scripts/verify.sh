#!/bin/sh
# Checks that a commit is formatted, vetted, linted and tidy, that its generated
# files match their sources, and that it builds for both architectures without
# npm or templ. It installs nothing, and leaves the work tree as it is unless a
# generated file was stale.
set -eu

unformatted=$(gofmt -l cmd internal static views)
if [ -n "$unformatted" ]; then
    echo "Not formatted (run gofmt -w):" "$unformatted" >&2
    exit 1
fi
echo "ok: formatted"

for arch in amd64 arm64; do
    CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -o /dev/null ./...
    echo "ok: builds for linux/$arch"
done
go vet ./...
echo "ok: vetted"
sh scripts/lint.sh
echo "ok: linted"
go mod verify >/dev/null
go mod tidy -diff
echo "ok: go.mod is tidy"

# Generated files are compared by content, so that this works on a work tree
# with changes too.
stamp() { find views static -name '*_templ.go' -o -path 'static/*' -type f ! -name '*.go' | sort | xargs cksum; }
before=$(stamp)
make --no-print-directory generate
if [ "$before" != "$(stamp)" ]; then
    echo "Generated files were stale; they have been generated again. Commit them." >&2
    exit 1
fi
echo "ok: generated files are fresh"

npm run check --silent
node --test --test-reporter=dot assets/test/ >/dev/null
echo "ok: browser code is typed, and its unit tests pass"
