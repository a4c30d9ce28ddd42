package endpoint

import (
	"strconv"
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// payloadWords describes the payloads other than the full event.
var payloadWords = map[delivery.Payload]string{
	delivery.PayloadPseudonymous: "Pseudonymous: a keyed hash in place of each identity and label",
	delivery.PayloadThin:         "Thin: no data, and a link to the event",
}

// SettingsFacts describes the settings that differ from the defaults, but for the
// name, the labels and the cameras, which pages show as links.
func SettingsFacts(s delivery.Settings) []ui.Fact {
	var facts []ui.Fact
	add := func(name, value string) { facts = append(facts, ui.Fact{Name: name, Value: value}) }
	if s.Description != "" {
		add("Description", s.Description)
	}
	if len(s.Sources) > 0 {
		add("Only sources", ui.List(s.Sources))
	}
	if len(s.Conditions) > 0 {
		add("Only where", string(s.Conditions))
	}
	if s.SkipSilenced {
		add("Silenced events", "left out")
	}
	if s.Ordered {
		words := "One event at a time, in sequence. A refused event blocks later events"
		if s.OnRejected == delivery.RejectSetAside {
			words = "One event at a time, in sequence. A refused event is set aside once a later event is accepted"
		}
		add("Order", words)
	}
	if s.PerSecond > 0 {
		add("Rate", "At most "+rateWords(s.PerSecond))
	}
	if s.InFlight > 0 {
		add("Concurrency", "At most "+ui.Counted(int64(s.InFlight), "request", "requests"))
	}
	if s.TimeoutSeconds > 0 {
		add("Response timeout", ui.Span(time.Duration(s.TimeoutSeconds)*time.Second))
	}
	if s.StormSeconds > 0 {
		add("Storm control", "One event per camera, type and identity in "+ui.Span(time.Duration(s.StormSeconds)*time.Second))
	}
	if words := payloadWords[s.Payload]; words != "" {
		add("Payload", words)
	}
	return facts
}

// rateWords writes a rate per second, or per minute if it is small.
func rateWords(perSecond float64) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch {
	case perSecond >= 1 || perSecond*60 < 1:
		return number(perSecond) + " requests/s"
	default:
		return number(float64(int64(perSecond*60*100+0.5))/100) + " requests/min"
	}
}
