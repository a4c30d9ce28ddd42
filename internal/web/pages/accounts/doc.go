// Package accounts has the handlers of the pages about access: the sign-in and wall
// screens, a person's own account, the accounts, the keys, and the audit.
//
// It promises that a page shows a new password or key once, and that no sign-in
// redirects to another site.
//
// It doesn't authorize requests: package web does, in the table of routes. The
// access service makes the changes and writes their audit entries.
package accounts
