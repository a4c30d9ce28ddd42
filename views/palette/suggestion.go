package palette

import (
	"time"

	"github.com/a-h/templ"
)

// Kind is what a suggestion leads to.
type Kind string

// The kinds, in the order of their groups.
const (
	Event    Kind = "Event"
	Webhook  Kind = "Webhook"
	Camera   Kind = "Camera"
	Identity Kind = "Identity"
	Action   Kind = "Action"
	Page     Kind = "Page"
	Search   Kind = "Search"
)

// icon is the name of the kind's icon.
func (k Kind) icon() string {
	return map[Kind]string{Event: "events", Webhook: "webhooks", Camera: "cameras", Identity: "person", Action: "action", Page: "go",
		Search: "search"}[k]
}

// Suggestion is a place to go to, or an action to take.
type Suggestion struct {
	Kind          Kind
	Label, Detail string
	// At is the time of an event; zero for none.
	At time.Time
	To templ.SafeURL
	// Post says that To takes a form and isn't a page.
	Post bool
	// Stay says that To has more suggestions, which the palette shows itself.
	Stay bool
}
