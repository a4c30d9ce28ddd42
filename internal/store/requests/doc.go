// Package requests stores requests with an Idempotency-Key and the answers that they
// got, so that a repeated request changes nothing and gets the same answer.
//
// # Owns
//
// The table requests: the principal, the route and the key of a request; a digest of
// the request; the answer, encrypted; the id of the object that the request made.
//
// # Promises
//
// A change and its request are in one commit: Change makes one for a single
// statement, RememberIn takes the transaction of a larger change. A request is
// remembered for MaxAge, and each owner's requests within MaxCount and MaxBytes.
//
// # Refuses
//
// It compares no requests and writes no answers: package web compares the digests and
// gives each request its Answer function.
package requests
