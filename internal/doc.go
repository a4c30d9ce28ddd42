// Package internal is Postern's floor plan. It has no code.
//
// # Rooms
//
// Imports point down this list, never up.
//
//	cmd/postern       main, subcommands, flags, wiring
//	cmd/bench         measures the binary, and what the machine can do beside it
//	internal/web      Fiber: routes, API, pages, sockets, the map of errors
//	views             templ components; no I/O, no clock
//	internal/demo     a simulated site and a receiver; speaks to the API only
//	internal/cameras  which cameras are heard from, and what is announced of them
//	internal/connection  bounds the clients' connections
//	internal/access   accounts, sessions, keys, roles, limits, the audit
//	internal/webhook  endpoints, signatures, the guarded client, lanes
//	internal/store  the data folder: schema, the writer, every query
//	internal/sqlitefile  reads the rows of a damaged database
//	internal/hub      publish, ring, subscriptions, history
//	internal/trace    spans, and which request brought which event
//	internal/memory   divides the memory
//	internal/lograte  log lines that are written once a minute at most
//	internal/measure  histograms that others count with
//	internal/seqset   a set of sequence numbers
//	internal/disktest a disk that tests can fill
//	internal/fullrun  marks tests of which the short run has less
//	internal/porttest ports for the programs that tests start
//	internal/event    the Event, its types, ids, decoding and JSON; no I/O
//	static, assets    what is served, and what it is made of
//
// The store doesn't import the hub: hub.Log is what the hub asks of a log,
// and the store fits it. webhook and cameras use both; web
// uses all of them.
//
// # An event's path
//
//	POST /api/v1/events
//	  web.eventsPost        reads the body
//	  event.Decode          checks all events, or refuses all; seals their JSON
//	  hub.Publish           joins the commit group; one publisher leads it
//	  store.Append        one transaction, one fsync; sequence numbers
//	  hub.commit            into the ring, in order; wakes who waits; 202
//	then, each at its own pace
//	  web.liveFeeds         renders a fragment once for all who watch
//	  web.streams           sends it to the programs that follow
//	  webhook.lane          signs, posts, and settles with the store
//	  hub.Search            history: the ring, then the store
//
// # One sequence, many cursors
//
// An event's sequence number is its place in the log. Live, recent, replay
// and delivery are the same read from another place: hub.Subscription for
// what goes on, hub.Search for what was. A lane's durable state is a cursor
// and the few deliveries that wait for another try. What became of an event is
// told from that, and from the record of attempts: webhook.Service.Deliveries.
//
// # Open alerts
//
// An event of urgent meaning is open until store.Acknowledge knows who took
// note of it; below a watermark none is. web tells the monitors at once, and
// their feeds read anew from the store what is open.
//
// # What was becomes another
//
// The log is append-only but for people's right to be forgotten: an erasure
// overwrites events where they stand. The store tells the hub, and the hub
// everybody who may hold the former event: the ring, lanes, live feeds, streams.
//
// # Who may wait for whom
//
// A publisher waits for the disk and for nobody else. The settlements of all
// lanes share the commit of the next append. Without one they are committed
// alone after a delay: the slower the disk, the longer. A lane waits
// for its own receiver; a socket for its own browser. Retention works in small
// steps between commits.
//
// # Stopping
//
// From the outside in: the server takes no more requests and ends its
// sockets; the hub closes; lanes let requests in flight finish, within
// bounds, and settle; the store closes last.
package internal
