// Package webhooks has the pages about webhooks: the list, a webhook's page, the form
// that registers or changes one, attempts, replays, secrets, and the receivers that
// can be copied.
//
// It promises that each action says what follows from it before a person presses the
// button, and that no page shows a secret twice.
package webhooks
