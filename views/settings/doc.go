// Package settings shows what the service runs with: version, storage, retention,
// limits, the state of its clock, and the result of the last verification.
//
// It changes nothing but the clock's state: settings are flags of postern serve.
package settings
