package ui

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"postern/internal/event"
)

// basePath is the path under which the server's pages stand. It is empty: Postern
// answers at the root of its host.
const basePath = ""

// Path makes the address of a page, a fragment or a socket from its path under the
// base path, which begins with a slash and may have a query and a fragment. Every
// address in a page comes from here.
func Path(path string) string { return basePath + path }

// URL is Path for an attribute that takes a safe URL, such as href and action.
func URL(path string) templ.SafeURL { return templ.SafeURL(Path(path)) }

// EventURL is the address of an event's page.
func EventURL(id string) templ.SafeURL { return URL("/events/" + url.PathEscape(id)) }

// SearchURL is the address of the events with a text.
func SearchURL(text string) templ.SafeURL { return FilterURL("/events", event.Filter{Text: text}, "") }

// EraseURL is the address of the page that erases an identity.
func EraseURL(identity string) templ.SafeURL {
	return URL("/identities/" + url.PathEscape(identity) + "/erase")
}

// WebhookURL is the address of a webhook's page.
func WebhookURL(id string) templ.SafeURL { return URL("/webhooks/" + url.PathEscape(id)) }

// AttemptURL is the address of an attempt's page.
func AttemptURL(webhook, attempt string) templ.SafeURL {
	return WebhookURL(webhook) + templ.SafeURL("/attempts/"+url.PathEscape(attempt))
}

// CameraURL is the address of a camera's page. Browsers would leave out the segments
// "." and ".." of a path, so that an id that begins with a dot, or with the mark
// itself, has a mark before it. request.PagePathCamera removes it.
func CameraURL(id string) templ.SafeURL {
	if strings.HasPrefix(id, ".") || strings.HasPrefix(id, CameraMark) {
		id = CameraMark + id
	}
	return URL("/cameras/" + url.PathEscape(id))
}

// CameraMark is the mark before some cameras' ids in paths of pages.
const CameraMark = "~"

// ConfirmURL is the address of a page that asks for confirmation before an account
// or a key of this name is changed.
func ConfirmURL(path, name string) templ.SafeURL {
	return URL(path + "?name=" + url.QueryEscape(name))
}

// FilterQuery writes a filter as a URL's query, in the form that the pages and the API
// read. The query of a filter that every event passes is empty. A page and its live
// socket use the same query.
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

// FilterURL is the address of path with the filter, and with the cursor from which the
// list continues; an empty cursor means from the start.
func FilterURL(path string, f event.Filter, cursor string) templ.SafeURL {
	v := FilterQuery(f)
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return URL(path)
	}
	return URL(path + "?" + v.Encode())
}

// WithErasures adds the page's erasure mark to its socket's address. A page that
// reconnects after an erasure is told to reload.
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
