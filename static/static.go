// Package static holds what is served as it is: style, scripts and icons, as
// `npm run build` made them out of assets, embedded into the binary.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

// FS holds the files, by their name below /static.
//
//go:embed *.css *.js *.svg
var FS embed.FS

// paths maps a file's name to its address, which carries a digest of its
// content: a browser may keep a file for good and still never use an old one.
var paths = func() map[string]string {
	m := make(map[string]string)
	entries, err := fs.ReadDir(FS, ".")
	if err != nil {
		panic("static: " + err.Error()) // the embedded root is always readable
	}
	for _, entry := range entries {
		content, err := FS.ReadFile(entry.Name())
		if err != nil {
			panic("static: " + err.Error())
		}
		sum := sha256.Sum256(content)
		m[entry.Name()] = "/static/" + entry.Name() + "?v=" + hex.EncodeToString(sum[:6])
	}
	return m
}()

// Path returns a file's address. A name that isn't here gets an address that
// answers 404.
func Path(name string) string {
	if p, ok := paths[name]; ok {
		return p
	}
	return "/static/" + name
}
