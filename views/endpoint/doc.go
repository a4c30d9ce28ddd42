// Package endpoint shows a webhook where it is one of many: its row in a table, its
// state, its backlog, its last 24 hours and its attempts, each with the text that
// explains it.
//
// It promises one scale of colours: a state has the meaning, and with it the colour
// and the icon, that an event of the same urgency has. It refuses forms and
// pages: these are in package webhooks.
package endpoint
