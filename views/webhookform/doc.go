// Package webhookform is the form that registers a webhook or changes one: its pages,
// its fields, and what it finds out before it is sent: which events would match, and
// whether the receiver can be reached.
//
// It promises that each field shows its own error, and that a folded part is open
// where it is in use or has an error. It refuses to read or check anything: that is
// in internal/web/pages/webhooks and in package delivery.
package webhookform
