package views

import (
	"strconv"
	"time"

	"postern/internal/event"
)

// Settings are what narrows and paces an endpoint's deliveries; the zero
// value does neither.
type Settings struct {
	Cameras, Sources []string
	Conditions       string // JSON
	Ordered          bool
	SetAside         bool // refused events of an ordered webhook are set aside
	PerSecond        float64
	InFlight         int
	TimeoutSeconds   int
	StormSeconds     int
	Payload          string // as in the API; empty for the event as it is
}

// WebhookForm is what stands in the form of a webhook: its settings as they
// are, or what was sent, after a refusal.
type WebhookForm struct {
	// ID names the webhook that is changed; empty for a new one.
	ID  string
	URL string
	// AllowHTTP says that plain http may be registered here.
	AllowHTTP bool
	All       bool
	Types     event.TypeSet
	Secret    string
	// SecretFrom is SecretGenerated (or empty), SecretOwn or SecretNone.
	SecretFrom string
	// What follows is as it was typed.
	Cameras, Sources, Conditions string
	Ordered, SetAside            bool
	PerSecond, InFlight          string
	Timeout, Storm               string
	Payload                      string
	// Same are the webhooks that already have this URL: the form asks for a
	// confirmation. SameURL is the URL for which it was given.
	Same    []Endpoint
	SameURL string
	// Errors are by field, named as in the API; "" for the whole form.
	Errors map[string]string
	// Preview is which events it would have matched; nil without being asked.
	Preview *Preview
}

// Preview is which of the newest events a form's filters would have matched.
type Preview struct {
	Now                time.Time
	Examined, Matching int
	Examples           []*event.Event // the newest of them
	// Problem says why nothing could be tried.
	Problem string
}

// filterFields and limitFields are the form's fields that stand folded.
var (
	filterFields = []string{"camera_ids", "sources", "conditions"}
	limitFields  = []string{"ordered", "max_per_second", "max_in_flight", "timeout_seconds", "storm_window_seconds"}
)

// filtersOpen and limitsOpen report whether a folded part of the form has
// something to see.
func (f WebhookForm) filtersOpen() bool {
	return f.Preview != nil || f.Cameras+f.Sources+f.Conditions != "" || f.wrongIn(filterFields)
}

func (f WebhookForm) limitsOpen() bool {
	return f.Ordered || f.PerSecond+f.InFlight+f.Timeout+f.Storm != "" || f.wrongIn(limitFields)
}

func (f WebhookForm) wrongIn(fields []string) bool {
	for _, field := range fields {
		if f.Errors[field] != "" {
			return true
		}
	}
	return false
}

// action is where the form is sent.
func (f WebhookForm) action() string {
	if f.ID != "" {
		return string(webhookURL(f.ID)) + "/edit"
	}
	return "/webhooks"
}

// verb is what sending the form does.
func (f WebhookForm) verb() string {
	if f.ID != "" {
		return "Save changes"
	}
	return "Register webhook"
}

// verbAgain is the label of the button that confirms the form's question.
func (f WebhookForm) verbAgain() string {
	if f.ID != "" {
		return "Save changes all the same"
	}
	return "Register another webhook"
}

// newest says which of the matching events are shown.
func (p Preview) newest() string {
	if len(p.Examples) == p.Matching {
		return "Newest first:"
	}
	return "The newest " + Count(int64(len(p.Examples))) + ":"
}

// said says how much of the history a form's filters would have matched.
func (p Preview) said() string {
	switch {
	case p.Examined == 0:
		return "There are no events yet to try it on."
	case p.Examined == 1 && p.Matching == 1:
		return "The only event so far would match."
	case p.Examined == 1:
		return "The only event so far would not match."
	case p.Matching == 0:
		return "None of the last " + Counted(int64(p.Examined), "event", "events") + " would match."
	default:
		return Count(int64(p.Matching)) + " of the last " + Counted(int64(p.Examined), "event", "events") + " would match."
	}
}

// facts are the settings in words, one for each that differs from how a new
// webhook is.
func (s Settings) facts() []Fact {
	var facts []Fact
	add := func(name, value string) { facts = append(facts, Fact{Name: name, Value: value}) }
	if len(s.Cameras) > 0 {
		add("Only cameras", list(s.Cameras))
	}
	if len(s.Sources) > 0 {
		add("Only sources", list(s.Sources))
	}
	if s.Conditions != "" {
		add("Only where", s.Conditions)
	}
	if s.Ordered {
		words := "One event at a time, in the log's order. A refused event blocks the events behind it"
		if s.SetAside {
			words = "One event at a time, in the log's order. A refused event is set aside once a later one is accepted"
		}
		add("Order", words)
	}
	if s.PerSecond > 0 {
		add("Rate", "At most "+rateWords(s.PerSecond))
	}
	if s.InFlight > 0 {
		add("At once", "At most "+Counted(int64(s.InFlight), "request", "requests"))
	}
	if s.TimeoutSeconds > 0 {
		add("Waits for an answer", Span(time.Duration(s.TimeoutSeconds)*time.Second))
	}
	if s.StormSeconds > 0 {
		add("Storm control", "One event per camera, type and identity in "+Span(time.Duration(s.StormSeconds)*time.Second))
	}
	if words := payloadWords[s.Payload]; words != "" {
		add("Payload", words)
	}
	return facts
}

// rateWords writes requests per second with a unit that suits them.
func rateWords(perSecond float64) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch {
	case perSecond >= 1 || perSecond*60 < 1:
		return number(perSecond) + " requests/s"
	default:
		return number(float64(int64(perSecond*60*100+0.5))/100) + " requests/min"
	}
}
