package eventlist

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
	"postern/views/cameraname"
	"postern/views/ui"
)

// Part is a part of a sentence. Data marks text from the event, which is isolated
// because it may run in another direction. Subject marks the subject. Camera marks a
// camera's id, which is shown as its name.
type Part struct {
	Text    string
	Data    bool
	Subject bool
	Camera  bool
	// At is a time that follows the text, in the page's zone.
	At time.Time
}

// Sentence says what happened.
type Sentence []Part

// String returns the sentence as plain text, with cameras' ids.
func (s Sentence) String() string { return s.Plain(context.Background()) }

// Plain returns the sentence as plain text, with the page's names of cameras.
func (s Sentence) Plain(ctx context.Context) string {
	var b strings.Builder
	for _, p := range s {
		if p.Camera {
			b.WriteString(cameraname.Of(ctx, p.Text))
			continue
		}
		b.WriteString(p.Text)
		if !p.At.IsZero() {
			b.WriteString(p.At.UTC().Format("2 Jan 2006, 15:04 UTC"))
		}
	}
	return b.String()
}

// SentenceText renders s. It isn't a template, because templates put white space
// between nodes, also before a comma.
func SentenceText(s Sentence) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b strings.Builder
		for _, p := range s {
			text := templ.EscapeString(p.Text)
			if !p.At.IsZero() {
				text += p.At.In(ui.Zone(ctx)).Format("2 Jan 2006, 15:04")
			}
			switch {
			case p.Camera:
				b.WriteString(cameraHTML(ctx, p.Text))
			case p.Subject:
				b.WriteString("<b><bdi>" + text + "</bdi></b>")
			case p.Data:
				b.WriteString("<bdi>" + text + "</bdi>")
			default:
				b.WriteString(text)
			}
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// cameraHTML is cameraname.Name without white space around it.
func cameraHTML(ctx context.Context, id string) string {
	var b strings.Builder
	_ = cameraname.Name(id).Render(ctx, &b) // a strings.Builder takes everything
	return b.String()
}

// SentenceOf says what happened: "Alice Smith matched at lobby-cam-1, similarity 91 %,
// vip". A producer may send any data. A field that is missing or of an unexpected form
// is left out, and the rest is still a sentence.
func SentenceOf(e *event.Event) Sentence {
	if !e.Erased.IsZero() {
		return Sentence{{Text: "Erased on ", At: e.Erased}}
	}
	w := writer{e: e, fields: e.Fields()}
	if e.Source == event.OwnSource && !e.Own() {
		w.data(e.Site).say(": ") // the event is about another site
	}
	switch e.Type {
	case event.FaceDetected:
		w.say("Face detected").at().also(w.score("confidence"))
	case event.FaceMatched:
		w.subject(w.who()).say(" matched").at().also(w.score("similarity")).also(w.text("watchlist"))
	case event.WatchlistAlert:
		w.subject(w.who())
		if list := w.text("watchlist"); list != "" {
			w.say(", on watchlist ").data(list)
		} else {
			w.say(", on a watchlist")
		}
		w.say(", seen").at().also(w.score("similarity"))
	case event.LivenessPassed:
		w.say("Liveness check passed").at().also(w.score("score"))
	case event.LivenessFailed:
		w.say("Liveness check failed").at()
		if reason := spaced(w.text("reason")); reason != "" {
			w.say(": ").data(reason)
		}
		w.also(w.score("score"))
	case event.DocumentScanned:
		w.document()
	case event.PersonEntered:
		w.say("Person entered").named("zone", " a zone").at()
	case event.PersonExited:
		w.say("Person left").named("zone", " a zone").at()
		if stay := w.seconds("dwell_seconds"); stay != "" {
			w.say(" after " + stay)
		}
	case event.LineCrossed:
		w.line()
	case event.SystemError:
		w.fault()
	default:
		// A type of a later version, read from a shared store.
		w.say("An event happened").at()
	}
	return w.parts
}

// writer builds one sentence.
type writer struct {
	e      *event.Event
	fields []event.Field
	parts  Sentence
}

func (w *writer) say(text string) *writer {
	w.parts = append(w.parts, Part{Text: text})
	return w
}

func (w *writer) data(text string) *writer {
	w.parts = append(w.parts, Part{Text: text, Data: true})
	return w
}

func (w *writer) subject(text string, known bool) *writer {
	w.parts = append(w.parts, Part{Text: text, Data: known, Subject: true})
	return w
}

// at adds the camera, if the event has one.
func (w *writer) at() *writer {
	if ui.Tidy(w.e.Camera) != "" {
		w.say(" at ")
		w.parts = append(w.parts, Part{Text: w.e.Camera, Camera: true})
	}
	return w
}

// also adds a value after a comma, if it isn't empty.
func (w *writer) also(value string) *writer {
	if value != "" {
		w.say(", ").data(value)
	}
	return w
}

// named adds a field after a space, or the text otherwise.
func (w *writer) named(field, otherwise string) *writer {
	if name := w.text(field); name != "" {
		return w.say(" ").data(name)
	}
	return w.say(otherwise)
}

// PersonOf names the person that an event is about, by label, else by identity.
func PersonOf(e *event.Event) string {
	w := writer{e: e, fields: e.Fields()}
	name, _ := w.who()
	return name
}

// who names the person: by label, else by identity.
func (w *writer) who() (name string, known bool) {
	for _, field := range []string{"label", "identity_id"} {
		if name = w.text(field); name != "" {
			return name, true
		}
	}
	return "Someone enrolled", false
}

func (w *writer) document() {
	if kind := spaced(w.text("document_type")); kind != "" {
		if kind == "id" || strings.HasPrefix(kind, "id ") {
			kind = "ID" + kind[2:]
		}
		w.data(ui.UpperFirst(kind))
	} else {
		w.say("Document")
	}
	if country := w.text("country"); country != "" {
		w.say(" from ").data(country)
	}
	w.say(" scanned").at().also(w.score("confidence"))
	if string(w.value("mrz_valid")) == "false" {
		w.say(", machine-readable zone not valid")
	}
}

func (w *writer) line() {
	w.say("Person crossed").named("line", " a line")
	switch direction := strings.ToLower(w.text("direction")); direction {
	case "":
	case "in", "out":
		w.say(" going " + direction)
	default:
		w.say(" going ").data(direction)
	}
	w.at()
	in, out := w.count("count_in"), w.count("count_out")
	if in != "" && out != "" {
		w.say(", " + in + " in and " + out + " out so far")
	}
}

func (w *writer) fault() {
	if module := w.text("module"); module != "" {
		w.subject(module, true)
	} else {
		w.subject(ui.Tidy(w.e.Source), true)
	}
	message, code := w.text("message"), w.text("code")
	switch {
	case message != "" && code != "":
		w.say(": ").data(message).say(" (").data(code).say(")")
	case message != "" || code != "":
		w.say(": ").data(message + code)
	default:
		w.say(" reported an error")
	}
	w.at()
}
