// Package access owns access control: accounts of people and their sessions,
// keys of programs, roles and scopes, the limits of sign-ins, and the audit.
//
// It promises that
//
//   - passwords, keys and session ids are kept as hashes only, and are never
//     printed;
//   - a change holds as soon as its call returns, and ends what relies on the
//     former rights (Principal.Done), such as an open socket;
//   - a change and its audit entry are committed together, or neither is;
//   - there is always an administrator once there was one;
//   - where it doesn't know the rights, since it couldn't read a change back, it
//     refuses.
//
// Rights are in memory, as one snapshot that is replaced with each change: a
// request costs no query. The store has no other writer, so the snapshot is
// always the newest. Run writes once a minute when keys and sessions were used
// last.
//
// It refuses HTTP: package web has cookies, headers, and which route needs which
// permission. It doesn't filter events; a camera scope restricts their filters
// (account.CameraScope). Its types that others share are in package account.
package access
