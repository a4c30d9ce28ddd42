// Package account has the types of access control: accounts of people, keys of
// programs, sessions of browsers, and what each of them is allowed. The store,
// package access, the API and the pages share them.
//
// It promises that a value is safe to pass on: the hashes of passwords, keys and
// sessions are left out of JSON, and a password's hash prints as a placeholder.
//
// It has no I/O and no clock. The rules are package access's: which role has
// which permission, what a name may be, when a session ends.
package account
