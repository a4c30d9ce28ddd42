// Package views owns the dashboard's HTML: every page, and the fragments that
// arrive live, as templ components. Each room is a package of its own; this one
// holds the tests of all pages: golden files, time zones and addresses.
//
//	ui         parts of every page: frame, icons, times, numbers, forms, links, permissions
//	endpoint   a webhook as a row: state, backlog, attempts, last 24 hours
//	eventlist  an event as a row: sentence, delivery badges, acknowledgement, live fragments
//	catalogue  the event types: fields, samples, schemas
//	report     the shift report, made to be printed
//	palette    the search for a page, webhook, camera, event or person
//	cameraname what people call a camera, wherever its id stood
//	camera     cameras: their states, the list, the setting for allowed silence
//	chart      charts of counts by meaning and type, with their tables
//	timeline   when things happened to a delivery: waterfall, phases, heatmap
//	events     the events page with its filters, the page of an event, erasure
//	webhooks   the list of webhooks, a webhook's page, its form, attempts, replays
//	monitor    the wall screen
//	settings   the service's settings, its clock and its verification
//	overview   the overview: health banner, charts, tiles
//	access     sign-in, accounts, keys, the audit
//	apidoc     the API reference
//
// Imports point up this list: every room may use ui; overview uses most of them.
// A room exports its pages and the props that they take. Parts are exported only
// where another room uses them. A row in a table and the same row when it arrives
// live are one component.
//
// The views promise that a component renders the same bytes for the same props, so
// that the server renders a fragment once and sends it to every open browser. All
// text of an event is data: it is escaped, isolated from the direction of the text
// around it, and cut to a length that a page can show.
//
// They refuse I/O and clocks: "now" is a prop. The server writes all times in the
// browser's time zone, and names the zone on the page.
package views
