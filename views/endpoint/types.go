package endpoint

import (
	"strconv"
	"strings"

	"postern/internal/delivery"

	"postern/internal/event"
	"postern/views/ui"
)

// Called is the webhook's name, or else its host and path.
func (e Endpoint) Called() string {
	if e.Settings.Name != "" {
		return ui.Tidy(e.Settings.Name)
	}
	return ui.Tidy(hostAndPath(e.URL))
}

// TabName names the webhook in the browser's tab. Without a name that is the start of
// its URL: the rest may be a secret, and browsers keep the titles of tabs.
func (e Endpoint) TabName() string {
	if e.Settings.Name != "" {
		return ui.Tidy(e.Settings.Name)
	}
	return ui.ShortURL(e.URL)
}

// Label names a webhook where only text fits, such as in a list of options.
func (e Endpoint) Label() string {
	name := e.Called()
	if e.State != delivery.Active {
		name += " (" + string(e.State) + ")"
	}
	return name
}

// AllTypeNames names each type of a set.
func AllTypeNames(s event.TypeSet) string {
	if s&event.AllTypes != 0 {
		return "All events"
	}
	var names []string
	for _, t := range s.Each() {
		name := t.Info().Words
		if len(names) > 0 {
			name = ui.LowerFirst(name)
		}
		names = append(names, name)
	}
	return ui.List(names)
}

// TypeNames names the types of a set, at most a few of them.
func TypeNames(s event.TypeSet) string {
	if s&event.AllTypes != 0 {
		return "All events"
	}
	types := s.Each()
	names := make([]string, len(types))
	for i, t := range types {
		if names[i] = t.Info().Words; i > 0 {
			names[i] = strings.ToLower(names[i][:1]) + names[i][1:]
		}
	}
	if n := len(names); n > 4 {
		return strings.Join(names[:3], ", ") + " and " + strconv.Itoa(n-3) + " more types"
	}
	return ui.List(names)
}
