// Package webhooks has the handlers of the webhooks' pages and forms: the list, the
// form that registers and changes, a webhook's page with its attempts, replays, and
// the buttons that operate a webhook. Its functions Views and DayView give other
// rooms the webhooks as pages show them.
//
// It promises that a refused form is shown again with its values and a message at
// each wrong field, and that a page shows a secret once.
//
// It doesn't authorize requests and doesn't write audit entries: package web does
// both, in the table of routes. It sends nothing itself: it calls the webhook
// service.
package webhooks
