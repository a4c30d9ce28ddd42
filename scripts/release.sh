#!/bin/sh
# Builds what a release is made of into dist/: a static binary for each
# architecture, what is in each (CycloneDX), what runs them, and checksums of
# all. The same source and Go give the same binaries.
set -eu

version=$(cat VERSION)
# Pinned here: it is needed for releases alone, and not by what is released.
sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

rm -rf dist
mkdir dist
for arch in ${ARCHS:-amd64 arm64}; do
    name=postern-$version-linux-$arch
    CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "dist/$name" ./cmd/postern
    go run "$sbom" bin -json -noserial -version "$version" -output "dist/$name.cdx.json" "dist/$name" 2>/dev/null
    # It reads the modules from the binary: an empty list would be a mistake.
    grep -q '"pkg:golang/modernc.org/sqlite@' "dist/$name.cdx.json"
done
cp deploy/systemd/postern.service dist/
(cd dist && sha256sum -- * >SHA256SUMS)
ls -l dist
