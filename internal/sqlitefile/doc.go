// Package sqlitefile reads the rows of a damaged SQLite database without SQLite,
// which gives up where a tree is broken.
//
// It looks at every page by itself. Which table a page belongs to is found
// upwards: from the interior pages that name it, or from the pointer map that a
// database with auto_vacuum has. A broken interior page, root, free list or
// pointer map thus costs no row, and a broken leaf costs its own rows alone.
//
// It promises to end: each page is read a bounded number of times, and no chain
// is followed in a circle. It never writes, and holds a few bytes a page. It
// checks that a page and a row are well formed, not that their content is what was
// written: a caller who has checksums compares them.
//
// The formats are those of https://sqlite.org/fileformat2.html.
package sqlitefile
