// Package overview has the first page: a banner that says whether everything works,
// and if not, what needs attention; charts of the last hour and day; the worst
// webhooks, the open alerts, the cameras and the latest events.
//
// It promises that the worst comes first, and that a banner names everything that
// needs attention.
package overview
