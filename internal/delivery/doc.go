// Package delivery has the types of webhooks and their deliveries: endpoints,
// settings, secrets, deliveries, attempts and replays. Storage, workers, the API
// and the pages share them, so that each exists once.
//
// It promises that an Endpoint and an Attempt hold no secret: secrets are values
// of their own, which show no text however they are printed, logged or encoded.
// Settings are validated here and nowhere else.
//
// It does no I/O and knows no clock.
package delivery
