// Package audit writes the audit entries of requests: of changes, of searches
// for a person, of exports, and of looks at snapshots.
//
// It promises that a route with an audit action changes nothing before its entry
// is written, and that the entry's outcome follows. Entries have texts and
// identities only as digests: an erased person must not stay in the audit, and
// with the text an entry can still be found.
//
// It doesn't store entries, which is internal/access, and it doesn't decide which
// routes are audited: package web's routes.go does.
package audit
