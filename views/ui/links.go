package ui

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// ConfirmURL is the page that asks before something is done to an account or a key.
func ConfirmURL(path, name string) templ.SafeURL {
	return templ.SafeURL(path + "?name=" + url.QueryEscape(name))
}

// AttemptURL is an attempt's own address.
func AttemptURL(webhook, attempt string) templ.SafeURL {
	return WebhookURL(webhook) + templ.SafeURL("/attempts/"+url.PathEscape(attempt))
}

func CameraURL(name string) templ.SafeURL {
	return templ.SafeURL("/cameras/setting?" + url.Values{"camera_id": {name}}.Encode())
}

// EraseURL is the page that erases an identity.
func EraseURL(identity string) templ.SafeURL {
	return templ.SafeURL("/identities/" + url.PathEscape(identity) + "/erase")
}

func EventURL(e *event.Event) templ.SafeURL { return EventIDURL(e.ID) }

func EventIDURL(id string) templ.SafeURL { return templ.SafeURL("/events/" + url.PathEscape(id)) }

func WebhookURL(id string) templ.SafeURL { return templ.SafeURL("/webhooks/" + url.PathEscape(id)) }

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

// FilterURL is path with the filter, and with a place in the log if there is
// one to go on from.
func FilterURL(path string, f event.Filter, cursor string) templ.SafeURL {
	v := FilterQuery(f)
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + v.Encode())
}

// WithErasures is a socket's address with what its page knows of erasures, so
// that one that comes back after another is told to load anew.
func WithErasures(address, erasures string) string {
	if erasures == "" {
		return address
	}
	mark := "?"
	if strings.Contains(address, mark) {
		mark = "&"
	}
	return address + mark + "erasures=" + url.QueryEscape(erasures)
}
