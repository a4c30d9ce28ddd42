package request

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"postern/internal/delivery"
	"postern/internal/problem"
)

// WebhookQuery parses the parameters of a list of webhooks: q, state, label and sort.
// States and labels may be repeated or separated by commas. A minus before the sort's
// name reverses it. Its errors are *problem.Error.
func WebhookQuery(values url.Values) (delivery.EndpointQuery, error) {
	return NewWebhookQuery(values.Get("q"), SplitList(values["state"]), SplitList(values["label"]), values.Get("sort"))
}

// NewWebhookQuery checks the parts of a query for webhooks.
func NewWebhookQuery(text string, states, labels []string, sort string) (q delivery.EndpointQuery, err error) {
	if q.Text = strings.TrimSpace(text); len(q.Text) > maxTextBytes || !utf8.ValidString(q.Text) {
		return q, problem.InvalidField("q", "The text must have at most %d bytes.", maxTextBytes)
	}
	for _, name := range Dedupe(states) {
		state := delivery.State(name)
		if !slices.Contains(delivery.States(), state) {
			return q, problem.InvalidField("state", "The state must be one of %s.", joined(delivery.States()))
		}
		q.States = append(q.States, state)
	}
	if q.Labels = Dedupe(labels); len(q.Labels) > delivery.MaxLabels {
		return q, problem.InvalidField("label", "A webhook has at most %d labels.", delivery.MaxLabels)
	}
	name, descending := strings.CutPrefix(sort, "-")
	q.Sort, q.Descending = delivery.Sort(name), descending
	if sort != "" && !slices.Contains(delivery.Sorts(), q.Sort) {
		return q, problem.InvalidField("sort", "The order must be one of %s. A minus before it reverses it.", joined(delivery.Sorts()))
	}
	return q, nil
}

// joined lists names, separated by commas.
func joined[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}
