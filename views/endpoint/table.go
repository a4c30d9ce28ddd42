package endpoint

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"postern/internal/delivery"
	"postern/views/ui"
)

// TableProps are the props of a table of webhooks.
type TableProps struct {
	Caption   string
	Endpoints []Endpoint
	Now       time.Time
	// Form is the id of the form that acts on selected webhooks. Without it the rows
	// have no checkbox and no button.
	Form string
	// SortURL is the address of the list in another order; nil if it has one order.
	SortURL    func(by delivery.Sort, descending bool) templ.SafeURL
	Sort       delivery.Sort
	Descending bool
}

// direction is the table's order as aria-sort has it. Icons have the same names.
func (t TableProps) direction() string {
	if t.Descending {
		return "descending"
	}
	return "ascending"
}

// LabelURL is the address of the webhooks with a label.
func LabelURL(label string) templ.SafeURL {
	return ui.URL("/webhooks?" + url.Values{"label": {label}}.Encode())
}

func hostAndPath(raw string) string {
	host, path := ui.SplitURL(raw)
	return host + path
}
