package ui

import (
	"strings"

	"postern/internal/event"
)

// icon is an icon as a symbol, which each page defines once. Icons are drawn on a 16
// by 16 grid in the colour of the text around them.
type icon struct{ name, shape string }

// lineIcons are the icons of the frame, of buttons and of deliveries.
var lineIcons = []icon{
	{"overview", `<path d="M2 2h5v7H2zM9 2h5v4H9zM9 8h5v6H9zM2 11h5v3H2z"/>`},
	{"events", `<path d="M5.5 3.5h9M5.5 8h9M5.5 12.5h9"/><path d="M1.8 3.5h.4M1.8 8h.4M1.8 12.5h.4" stroke-width="2.2"/>`},
	{"webhooks", `<circle cx="8" cy="4" r="2.4"/><circle cx="3.6" cy="11.6" r="2.4"/><circle cx="12.4" cy="11.6" r="2.4"/>` +
		`<path d="M7 6.2 4.6 9.5M9 6.2l2.4 3.3M6 11.6h4"/>`},
	{"monitor", `<path d="M1.5 2.5h13v9h-13zM5.5 14.5h5M8 11.5v3"/><path d="M3.8 7.2h2l1.3-2.4 1.8 4.6 1.3-2.2h2"/>`},
	{"settings", `<path d="M2 4.5h5m4 0h3M2 11.5h2m4 0h6"/><circle cx="9" cy="4.5" r="1.9"/><circle cx="6" cy="11.5" r="1.9"/>`},
	{"search", `<circle cx="7" cy="7" r="4.6"/><path d="m10.4 10.4 4 4"/>`},
	{"go", `<path d="M3 8h9.6M8.8 4.2 12.6 8l-3.8 3.8"/>`},
	{"action", `<path d="M8.6 1.8 3.6 9h4l-.6 5.2L12.4 7h-4z"/>`},
	{"person", `<circle cx="8" cy="5" r="3"/><path d="M2.5 14c.6-3 2.7-4.4 5.5-4.4s4.9 1.4 5.5 4.4"/>`},
	{"check", `<path d="m3 8.5 3.2 3.2L13 4.8"/>`},
	{"clock", `<circle cx="8" cy="8" r="6.2"/><path d="M8 4.4V8l2.4 1.6"/>`},
	{"pause", `<path d="M5.5 3.5v9M10.5 3.5v9" stroke-width="2.4"/>`},
	{"cross", `<path d="m4 4 8 8m0-8-8 8"/>`},
	{"again", `<path d="M13.2 8a5.2 5.2 0 1 1-1.6-3.7M12.8 1.6v3h-3"/>`},
	{"passed", `<path d="m3.5 4 4 4-4 4M9.5 4v8"/>`},
	{"unknown", `<path d="M5.4 6a2.6 2.6 0 1 1 3.7 2.4c-.7.3-1.1.8-1.1 1.6M8 12.6h.01" stroke-width="1.8"/>`},
	{"older", `<path d="M8 3v10m0 0 4-4m-4 4L4 9"/>`},
}

// filledIcons are the icons of the meanings and of a paused webhook. Each has a shape
// of its own, so that it can be told without colour.
var filledIcons = []icon{
	{string(event.Confirmed), `<circle cx="8" cy="8" r="7" fill="currentColor"/>` +
		`<path d="M4.8 8.3 7 10.5l4.3-4.8" fill="none" stroke="var(--mark)" stroke-width="1.8" stroke-linecap="round"` +
		` stroke-linejoin="round"/>`},
	{string(event.Attention), `<path d="M8 1.2 15.4 14.4H.6Z" fill="currentColor" stroke="currentColor"` +
		` stroke-linejoin="round"/><path d="M8 6v4" stroke="var(--mark)" stroke-width="1.8" stroke-linecap="round"/>` +
		`<circle cx="8" cy="12.2" r="1" fill="var(--mark)"/>`},
	{string(event.Alert), `<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5Z" fill="currentColor"/>` +
		`<path d="M8 4v4.6" stroke="var(--mark)" stroke-width="2" stroke-linecap="round"/>` +
		`<circle cx="8" cy="11.6" r="1.1" fill="var(--mark)"/>`},
	{string(event.Fault), `<rect x="1" y="1" width="14" height="14" rx="2" fill="currentColor"/>` +
		`<path d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" stroke="var(--mark)" stroke-width="1.8" stroke-linecap="round"/>`},
	{string(event.Routine), `<circle cx="8" cy="8" r="4.2" fill="none" stroke="currentColor" stroke-width="1.8"/>`},
	{"paused", `<circle cx="8" cy="8" r="7" fill="currentColor"/>` +
		`<path d="M6 5v6M10 5v6" stroke="var(--mark)" stroke-width="1.8" stroke-linecap="round"/>`},
}

// iconURL returns the address of an icon's symbol in its page.
func iconURL(name string) string { return "#i-" + name }

// symbols has the symbols of all icons.
var symbols = func() string {
	var b strings.Builder
	for _, i := range lineIcons {
		b.WriteString(`<symbol id="i-` + i.name + `" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5"` +
			` stroke-linecap="round" stroke-linejoin="round">` + i.shape + `</symbol>`)
	}
	for _, i := range filledIcons {
		b.WriteString(`<symbol id="i-` + i.name + `" viewBox="0 0 16 16">` + i.shape + `</symbol>`)
	}
	return b.String()
}()
