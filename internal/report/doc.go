// Package report counts what happened in a period, for the shift report: the alerts
// by type, who acknowledged them and after how long, and the outages of cameras and
// webhooks.
//
// It promises bounds: it reads at most MaxAlerts alerts, whatever the size of the log,
// and says when there are more. It names people who acknowledged, and no person whom
// an event is about.
package report
