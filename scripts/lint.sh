#!/bin/sh
# Runs the linters of .golangci.yml, each of which has its reason there. The first
# run on a machine builds golangci-lint, which takes some minutes.
set -eu
# Pinned here and not in go.mod: its modules are not Postern's.
exec go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run --timeout 20m --output.text.print-issued-lines=false
