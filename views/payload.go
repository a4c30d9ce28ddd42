package views

// payloadWords say what a webhook is sent where it isn't the event as it is.
var payloadWords = map[string]string{
	"pseudonymous": "Pseudonymous: a keyed hash in place of each identity and label",
	"thin":         "Thin: no data, and a link to the event",
}

// payloadChoice is one of the ways to send an event.
type payloadChoice struct{ value, name, means string }

var payloadChoices = []payloadChoice{
	{"", "Full", "the event as it is"},
	{"pseudonymous", "Pseudonymous", "a keyed hash in place of each identity and label: the same person, the same value"},
	{"thin", "Thin", "no data, and a link to the event; the receiver needs a key of its own to read it"},
}
