package views

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// ByItself is the header of what an open page asks for over and over: nobody
// does anything, so that it is no use of a session.
const ByItself = "X-By-Itself"

// byItself is ByItself as htmx takes it.
const byItself = `{"` + ByItself + `":"yes"}`

// Background is the parameter of a page that loads itself again, as ByItself is
// the header of parts of it.
const Background = "background"

func eventURL(e *event.Event) templ.SafeURL { return eventIDURL(e.ID) }

func eventIDURL(id string) templ.SafeURL { return templ.SafeURL("/events/" + url.PathEscape(id)) }

func webhookURL(id string) templ.SafeURL { return templ.SafeURL("/webhooks/" + url.PathEscape(id)) }

// FilterQuery writes a filter as a URL's query, the way that the pages and
// the API read it; empty for the filter that picks all. The socket of the live
// page gets the same query as the page.
func FilterQuery(f event.Filter) url.Values {
	v := url.Values{}
	if f.Types != 0 && f.Types&event.AllTypes == 0 {
		for _, name := range f.Types.Names() {
			v.Add("event_type", name)
		}
	}
	for _, camera := range f.Cameras {
		v.Add("camera_id", camera)
	}
	for _, source := range f.Sources {
		v.Add("source", source)
	}
	if !f.Since.IsZero() {
		v.Set("since", f.Since.UTC().Format(time.RFC3339Nano))
	}
	if !f.Until.IsZero() {
		v.Set("until", f.Until.UTC().Format(time.RFC3339Nano))
	}
	if f.Text != "" {
		v.Set("q", f.Text)
	}
	return v
}

// filterURL is path with the filter, and with a place in the log if there is
// one to go on from.
func filterURL(path string, f event.Filter, cursor string) templ.SafeURL {
	v := FilterQuery(f)
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + v.Encode())
}

// withType returns the filter with one more type, or with one less.
func withType(f event.Filter, t event.Type) event.Filter {
	if f.Types&event.AllTypes != 0 {
		f.Types = 0
	}
	f.Types ^= event.Types(t)
	return f
}

func withoutTypes(f event.Filter) event.Filter {
	f.Types = 0
	return f
}

// withErasures is a socket's address with what its page knows of erasures, so
// that one that comes back after another is told to load anew.
func withErasures(address, erasures string) string {
	if erasures == "" {
		return address
	}
	mark := "?"
	if strings.Contains(address, mark) {
		mark = "&"
	}
	return address + mark + "erasures=" + url.QueryEscape(erasures)
}

// ShortURL is a webhook's address as it tells webhooks apart in a browser's tab:
// its host and the beginning of its path. What follows may be a secret, and
// browsers keep what stands in a tab.
func ShortURL(raw string) string {
	host, path := splitURL(raw)
	path, _, _ = strings.Cut(path, "?")
	if first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/"); more && rest != "" {
		path = "/" + first + "/…"
	}
	return clipRunes(host+strings.TrimSuffix(path, "/"), 60)
}

// EventTab tells an event apart in a browser's tab, with no person's name:
// browsers keep it.
func EventTab(e *event.Event, in *time.Location) string {
	words := strings.ToLower(e.Type.Info().Words)
	if e.Camera != "" {
		words += " at " + clipRunes(tidy(e.Camera), 40)
	}
	return words + ", " + e.Time.In(in).Format("15:04:05")
}

func clipRunes(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
