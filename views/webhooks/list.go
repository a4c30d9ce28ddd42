package webhooks

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"postern/internal/delivery"
	"postern/views/endpoint"
	"postern/views/ui"
)

// ListProps are the props of the page of all webhooks.
type ListProps struct {
	ui.Frame
	Now   time.Time
	Flash ui.Flash
	// Query selects and orders the webhooks, and Endpoints are those on this page of
	// the Matching ones.
	Query     delivery.EndpointQuery
	Endpoints []endpoint.Endpoint
	Matching  int
	// Page is the page's number, from 0. More says that there is a next one.
	Page int
	More bool
	// Total is the number of all webhooks.
	Total int
	// States counts the webhooks that match the query but for its states. Labels
	// counts all webhooks by their labels, in alphabetical order.
	States map[delivery.State]int
	Labels []LabelCount
	// BaseURL is the address at which the browser reaches Postern.
	BaseURL string
}

// LabelCount is a label with the number of webhooks that have it.
type LabelCount struct {
	Label string
	Count int
}

// bulkForm is the id of the form that acts on selected webhooks.
const bulkForm = "webhook-form"

// curlRegisterWebhook is a command that registers a webhook.
func curlRegisterWebhook(baseURL string) string {
	return "curl -X POST " + baseURL + "/api/v1/events/webhooks \\\n" +
		"  -d '{\"url\":\"https://example.com/webhooks/biometrics\",\n" +
		"       \"event_types\":[\"face_matched\",\"watchlist_alert\"],\n" +
		"       \"secret\":\"whsec_your_signing_secret\"}'"
}

// ListQuery writes a query for webhooks as a URL's query, as the API reads it.
func ListQuery(q delivery.EndpointQuery) url.Values {
	v := url.Values{}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	for _, state := range q.States {
		v.Add("state", string(state))
	}
	for _, label := range q.Labels {
		v.Add("label", label)
	}
	if sort := sortName(q); sort != "" {
		v.Set("sort", sort)
	}
	return v
}

// sortName is the query's order as the URL has it.
func sortName(q delivery.EndpointQuery) string {
	if q.Descending {
		return "-" + string(q.Sort)
	}
	return string(q.Sort)
}

// listPath is the address of a page of the webhooks that a query selects.
func listPath(q delivery.EndpointQuery, page int) string {
	v := ListQuery(q)
	if page > 0 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return ui.Path("/webhooks")
	}
	return ui.Path("/webhooks?" + v.Encode())
}

func listURL(q delivery.EndpointQuery, page int) templ.SafeURL {
	return templ.SafeURL(listPath(q, page))
}

// filtered reports whether the query leaves out any webhook.
func (p ListProps) filtered() bool {
	return p.Query.Text != "" || len(p.Query.States)+len(p.Query.Labels) > 0
}

// withStates returns the query for other states.
func (p ListProps) withStates(states ...delivery.State) delivery.EndpointQuery {
	q := p.Query
	q.States = states
	return q
}

// only reports whether a state is the query's only one.
func (p ListProps) only(state delivery.State) bool {
	return len(p.Query.States) == 1 && p.Query.States[0] == state
}

// anyState counts the webhooks that match the query but for its states.
func (p ListProps) anyState() (n int) {
	for _, count := range p.States {
		n += count
	}
	return n
}

// label is the query's only label; empty for none or several.
func (p ListProps) label() string {
	if len(p.Query.Labels) == 1 {
		return p.Query.Labels[0]
	}
	return ""
}

// heading counts the webhooks.
func (p ListProps) heading() string {
	if !p.filtered() {
		return ui.Counted(int64(p.Total), "webhook", "webhooks")
	}
	return ui.Count(int64(p.Matching)) + " of " + ui.Counted(int64(p.Total), "webhook", "webhooks")
}

// table is the table of this page's webhooks.
func (p ListProps) table(form string) endpoint.TableProps {
	return endpoint.TableProps{
		Caption: "Webhooks", Endpoints: p.Endpoints, Now: p.Now, Form: form, Sort: p.Query.Sort, Descending: p.Query.Descending,
		SortURL: func(by delivery.Sort, descending bool) templ.SafeURL {
			q := p.Query
			q.Sort, q.Descending = by, descending
			return listURL(q, 0)
		},
	}
}

// pickable is the id of the form of the table's checkboxes; empty where the principal
// may not operate webhooks.
func pickable(ctx context.Context) string {
	if ui.Can(ctx, ui.ActionOperateWebhooks) {
		return bulkForm
	}
	return ""
}
