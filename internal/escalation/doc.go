// Package escalation announces alerts that nobody acknowledged in time.
//
// Each severity has a time of its own. An alert that is still open after it is escalated
// once: Postern announces its group, as an event that webhooks can subscribe to. The
// announcement is no alert, so it is never escalated itself, and waits for nobody.
//
// It promises one announcement an escalation, also over a crash: the commit that appends
// the announcement marks the alerts. It doesn't deliver: that is package webhook's.
package escalation
