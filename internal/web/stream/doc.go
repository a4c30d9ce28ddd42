// Package stream sends events to programs: GET /api/v1/events/stream as NDJSON,
// server-sent events or a websocket.
//
// A stream begins at a start position and reads the log through a durable
// subscription of its own, at its client's pace. It promises every event that
// matches its filter, in order, or a message that says how many are missing. A
// heartbeat every 15 seconds carries the position, so that a client can go on
// from there.
//
// The scheduler lets a bounded number of streams read at a time, so that a
// thousand streams don't keep producers from the processors. A client that
// reads nothing for a minute is disconnected. A stream ends at once when its
// key or session ends.
//
// It knows neither the URL's parameters nor permissions: package web parses
// them into a Start.
package stream
