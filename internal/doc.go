// Package internal is Postern's floor plan. It has no code.
//
// # Packages
//
// Imports point down this list, never up; a test holds that. Each package's
// doc.go says what the package owns, promises and refuses. The words are those
// of docs/glossary.md.
//
//	cmd/postern                   main, subcommands, flags, wiring
//	cmd/bench                     measures the binary, and the machine beside it
//	internal/admin                commands: the unix socket in the data folder, its calls
//	internal/web                  Fiber: routes, API, pages, sockets, errors to statuses
//	internal/web/api              the handlers of the JSON API
//	internal/web/pages            the handlers of the pages and their forms
//	internal/web/pages/cameras    the list of cameras, a camera's page, its settings
//	internal/web/pages/accounts   the handlers of sign-in, accounts, keys, the audit
//	internal/web/pages/alerts     the handlers of the inbox, and of acknowledging
//	internal/web/pages/webhooks   the handlers of the webhooks' pages
//	internal/web/pages/catalogue  the handlers of the event types' page
//	internal/web/pages/report     the handler of the shift report
//	internal/web/pages/palette    the palette's suggestions, and the page that has them too
//	internal/web/page             what all pages share: frame, flash messages, forms
//	internal/web/scoped           reads and changes within the principal's camera scope
//	internal/web/live             the pages' sockets and what they show
//	internal/web/stream           events for programs: NDJSON, SSE, websockets
//	internal/web/bulkread         limits the readers of much history
//	internal/web/audit            audit entries of changes, searches and exports
//	internal/web/openapi          the API's description, and the content of its page
//	internal/web/upload           images in requests: forms, and the memory of checking them
//	internal/web/respond          responses: JSON, pages, problems, exports
//	internal/web/session          the cookie of a browser's session
//	internal/web/request          query, body, times, principal, camera scope, proxies
//	internal/web/socket           what the websockets of pages and streams share
//	views                         the pages: tests over all of them; its doc has the plan
//	views/overview                the overview: health banner, charts, tiles
//	views/alerts                  the inbox: groups of alerts, a group's page, the history
//	views/monitor                 the wall screen
//	views/events                  the events page, an event with its deliveries, erasure
//	views/webhooks                webhooks: list, page, attempts, replays
//	views/webhookform             the form of a webhook, and its checks
//	views/settings                the settings that the service runs with
//	views/access                  sign-in, accounts, keys, the audit
//	views/apidoc                  the API reference
//	views/catalogue               the event types: fields, samples, schemas
//	views/report                  the shift report
//	views/palette                 the suggestions of the palette
//	views/camera                  cameras: states, the list, a page each, settings
//	views/timeline                the waterfall of an attempt, a webhook's heatmap
//	views/chart                   counts of events over time: bars, small bars, tables
//	views/alertlist               a group of alerts as a row
//	views/silences                silences: the list, the form, the notice of active ones
//	views/eventlist               an event as a row: sentence, badges, live fragments
//	views/endpoint                a webhook as a row: state, backlog, attempts
//	views/cameraname              the names of cameras, wherever their ids stood
//	views/ui                      parts of every page: frame, times, forms, links
//	internal/demo                 a simulated site and a receiver; uses the API only
//	internal/posterntest          one wired Postern, for tests
//	internal/fullsize             fills a data folder with what a large site has, for tests
//	internal/escalation           announces alerts that nobody acknowledged in time
//	internal/cameras              cameras' states and their announcements
//	internal/connection           limits on the clients' connections
//	internal/access               accounts, sessions, keys, roles, limits, the audit
//	internal/webhook              endpoints, signatures, the guarded client, workers
//	internal/webhook/worker       the delivery worker: queue, retries, limits, replays
//	internal/webhook/send         requests, signatures, responses, error classes
//	internal/webhook/stats        attempts by the hour, percentiles
//	internal/webhook/egress       which URLs deliveries may call
//	internal/webhook/webhooktest  receivers, a name server and hostile URLs for tests
//	internal/store/accounttest    rows of accounts, keys and sessions for the tests of the store
//	internal/store/deliverytest   endpoints and attempts for the tests of the store
//	internal/hubtest              an open store and the hub over it, for tests
//	internal/report               counts what happened in a shift, for its report
//	internal/store                appends to the log; opens its rooms; runs retention and upkeep
//	internal/store/accounts       the tables of accounts, keys, sessions; a change with its audit entries
//	internal/store/auditlog       the audit: a chain of hashes with a signed head
//	internal/store/retention      removes what the policy doesn't keep: by age, size, type
//	internal/store/erasure        erases identities: the queue, tombstones, what is known of one
//	internal/store/legalhold      legal holds, and the copies of events that only a hold keeps
//	internal/store/indexer        keeps the search index and the counters in step with the log
//	internal/store/eventlog       reads the log: by number, id, search, identity; its bounds, damage
//	internal/store/alerts         acknowledgements, open alerts, what announcements resolve
//	internal/store/silences       silences, and which one silences an event
//	internal/store/cameras        the tables of cameras: settings, troubles
//	internal/store/deliveries     endpoints, cursors, pending deliveries, attempts, replays, states
//	internal/store/requests       requests with an Idempotency-Key, and their answers
//	internal/store/counters       counts per minute, last seen cameras, downtime
//	internal/store/backup         copies a store, and restores it
//	internal/store/verify         finds what was changed on the disk
//	internal/store/segment        the search index, and its file format
//	internal/store/wallclock      doubts a wall clock that jumps
//	internal/store/salvage        makes a store from what can be read of a damaged one
//	internal/sqlitefile           reads the rows of a damaged database
//	internal/store/snapshots      the files of snapshots, and which events have one
//	internal/store/eventrow       the columns of an event: id, checksum, tombstone
//	internal/store/secretbox      the key file, encryption of secrets at rest, keyed digests
//	internal/store/database       the SQLite file: lock, writer, group commit, readers, schema
//	internal/alert                groups of alerts, causes, acknowledgements; no I/O
//	internal/silence              which events a silence matches, and when; no I/O
//	internal/account              accounts, keys, sessions, roles, scopes; no I/O
//	internal/hub                  publish, group commit, ring, subscriptions, history
//	internal/trace                spans, and which request brought which event
//	internal/memory               divides the memory among the other packages
//	internal/lograte              log lines that are written once a minute at most
//	internal/metrics              counts: histograms, rates, and Prometheus' text format
//	internal/seqset               a set of sequence numbers
//	internal/varint               reads runs of variable-length numbers and texts
//	internal/disktest             a disk that tests can fill
//	internal/eventtest            the events of tests, and their clock
//	internal/fullrun              marks tests of which the short run has less
//	internal/porttest             ports for the programs that tests start
//	internal/delivery             endpoints, settings, secrets, attempts, replays; no I/O
//	internal/shift                the shifts of a day, last night; no I/O
//	internal/event                the Event, its types, ids, decoding and JSON; no I/O
//	internal/snapshot             checks the still images of cameras, and strips their metadata
//	internal/problem              the one type of error that clients read, and its codes
//	static                        the files that the server sends; assets/ has their sources
//
// The store doesn't import the hub: hub.Log is the interface that the hub needs
// of a log, and the store implements it.
//
// # An event's path
//
//	POST /api/v1/events
//	  api.EventsPost        reads the body
//	  event.Decode          checks all events, or refuses all; finalizes them
//	  hub.Publish           joins a group; one publisher, the leader, commits it
//	  store.Append          one transaction, one fsync; sequence numbers
//	  hub.commit            into the ring, in order; wakes readers; answers 202
//	then, each at its own pace
//	  live.Feeds            renders a fragment once for all live pages
//	  stream.Streams        sends it to the streams
//	  worker.Worker         signs, posts, and settles with the store
//	  hub.Search            history: the ring, then the store
//
// # One sequence, many cursors
//
// An event's sequence number is its position in the log. Live pages, streams,
// replays and deliveries all read the same sequence, each from a cursor of its
// own: hub.Subscription for new events, hub.Search for history. The durable
// state of a delivery worker is its cursor and the few deliveries that wait for
// a retry. An event's deliveries are derived from that state and from the
// recorded attempts: webhook.Service.Deliveries.
//
// # Open alerts
//
// An event of urgent meaning is an open alert until alerts.Store.Acknowledge records
// the person who took it. The table open_alerts has a row for each, by cause; alerts of one
// cause are a group. A silenced event opens no alert. web tells the
// monitors at once, and their feeds read the open alerts from the store again.
//
// # Events that change
//
// The log is append-only, with two exceptions: an erasure overwrites events in
// place, because people have a right to be forgotten, and an event may get its
// snapshot later, and lose it before it goes itself. The store tells the hub which
// events have changed, and the hub tells all that may hold an old copy: the ring,
// live pages and, for erasures, delivery workers and streams.
//
// # Who waits for whom
//
// A publisher waits for the disk and for nothing else. The outcomes of all
// workers' attempts share the commit of the next append. Without an append they
// are committed alone after a delay, which grows with the disk's latency. A
// worker waits for its own receiver, a socket for its own browser. Retention
// works in small steps between commits.
//
// # Stopping
//
// Postern stops from the outside in: the server refuses new requests and ends its
// sockets; the hub closes; workers let open requests finish, within bounds, and
// settle them; the store closes last.
package internal
