// Package demo shows Postern to a newcomer: an invented site with cameras and people sends its events to
// Postern, and two systems receive them by webhooks, and can be made to fail.
//
// It owns five things. A [Site] invents visits and faults. A [Story] adds their times, and a past. A
// [Producer] posts the story's events to Postern as they happen. A [Receiver] simulates the systems behind
// the webhooks: it verifies the deliveries, and can be made slow, failing or hanging. [Run] registers the
// receiver at Postern and runs all of them.
//
// It promises:
//   - the same seed and options always make the same story;
//   - a story is coherent: a person enters before leaving, and is in one place at a time; an alert
//     follows a match at or above its threshold; no more people cross a line outwards than inwards;
//   - an event that Postern did not confirm is sent again with the same id, so that an outage causes
//     neither a lost event nor a duplicate;
//   - snapshots are drawings, and a lost one holds up no event;
//   - memory, bodies, waits and the number of paths are bounded.
//
// It refuses to import Postern's other packages: it uses the public HTTP API only, as any producer and
// receiver does. It also refuses to listen on other addresses than loopback, and to show real people:
// every name, document and face is invented.
package demo
