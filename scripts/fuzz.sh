#!/bin/sh
# Fuzzes every target in turn, each for the time given.
set -eu
time=${1:-30s}
for file in $(grep -rl --include='*_test.go' '^func Fuzz' internal views cmd); do
    dir=./$(dirname "$file")
    for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$file"); do
        echo "== $dir $target"
        go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5x "$dir"
    done
done
