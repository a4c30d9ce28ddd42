#!/bin/sh
# Checks that a commit is formatted, vetted, linted and tidy, and that it builds
# for both architectures without npm or templ. It installs nothing, and leaves the
# work tree as it is.
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
