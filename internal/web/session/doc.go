// Package session owns the cookie of a browser's session: its name, which says
// whether it was set over TLS, and its attributes. It doesn't check sessions,
// which is internal/access.
package session
