// Package access owns who may do what: accounts of people and their
// sessions, keys of programs, roles and scopes, and the audit.
//
// It promises that what decides (passwords, keys, sessions' ids) is kept as
// hashes only and never printed; that a change holds in every process that
// has the data folder within MaxStale, and at once in the one that made it;
// that an open socket can be told that its right has ended (Principal.Done);
// that every change is kept together with the audit entry that tells of it,
// or not at all; and that there is always an administrator once there was
// one. Where it can't read what decides, it refuses.
//
// All that decides is in memory, as one snapshot that is read anew when the
// store says that it has changed: neither a key nor a session costs a
// query. When they were used last is written once a minute, by Run.
//
// It refuses HTTP: cookies, headers, and which route needs which permission
// are web's. It doesn't filter events; it narrows the filters that do.
package access
