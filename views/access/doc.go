// Package access has the pages about access: sign-in, a person's own account,
// accounts, keys and the audit.
//
// It promises that a password or a key appears once, on the page that made it.
package access
