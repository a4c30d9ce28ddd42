// Package demo is what a newcomer sees at first: a made-up site with cameras and people whose events
// go into Postern, and two receiving systems behind webhooks that can be told to misbehave.
//
// It owns five things. A [Site] makes up who comes, who sees them, what goes wrong. A [Story] gives that
// its times, and a past that has happened already. A [Producer] posts it to Postern as it happens. A [Receiver] stands for the
// systems behind the webhooks: it verifies what it gets and can be made slow, failing or hanging.
// [Run] introduces the receiver to Postern, and is all of it together.
//
// It promises:
//   - the same seed and options tell the same story, whenever and wherever it is told;
//   - a story is coherent: nobody leaves who did not enter, nobody is in two places at once, an alert
//     stands on a match at or above its threshold, and no more cross a line outwards than inwards;
//   - an event that Postern did not confirm is sent again under the same id, so that an outage costs
//     neither an event nor a duplicate;
//   - memory, bodies, waits and numbers of paths are bounded.
//
// It refuses to know Postern from inside: it speaks the public HTTP API only and imports nothing of
// it, so that what works here works for anybody's producer and receiver. It also refuses to listen on
// anything but loopback, and to follow real people: every name, document and face is invented.
package demo
