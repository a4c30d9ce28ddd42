package request

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
)

const (
	// MaxFilterValues bounds the cameras and the sources of one query.
	MaxFilterValues = 100
	maxTextBytes    = 200
)

// EventQuery is the query of a URL with events: of a page, its live socket, a
// search, an export or a stream.
type EventQuery struct {
	event.Query
	// RelativeSince and RelativeUntil are the ends of the time range as the URL has
	// them, if they are relative to now ("-1h", "today"). The filter has the times
	// that they stand for.
	RelativeSince, RelativeUntil string
}

// ParseEventQuery parses the query parameters of events: limit, event_type,
// camera_id, source, since, until, q, order and cursor. Lists may be repeated
// or separated by commas. Its errors are *problem.Error.
func ParseEventQuery(c *fiber.Ctx) (EventQuery, error) {
	values := Query(c)
	var q EventQuery
	var err error
	if q.Limit, err = PageLimit(values); err != nil {
		return q, err
	}
	if names := SplitList(values["event_type"]); len(names) > 0 {
		if q.Types, err = event.ParseTypes(Dedupe(names)); err != nil {
			return q, problem.InvalidField("event_type", "%s", err)
		}
	}
	if q.Cameras, err = Names("camera_id", values["camera_id"]); err != nil {
		return q, err
	}
	if q.Sources, err = Names("source", values["source"]); err != nil {
		return q, err
	}
	// Relative times are relative to the arrival of the request.
	if q.Since, q.RelativeSince, err = queryMoment("since", values, c.Context().Time()); err != nil {
		return q, err
	}
	if q.Until, q.RelativeUntil, err = queryMoment("until", values, c.Context().Time()); err != nil {
		return q, err
	}
	if q.Text = strings.TrimSpace(values.Get("q")); len(q.Text) > maxTextBytes || !utf8.ValidString(q.Text) {
		return q, problem.InvalidField("q", "The text must have at most %d bytes.", maxTextBytes)
	}
	if q.Text != "" && event.Fold(q.Text) == "" {
		return q, problem.InvalidField("q", "The text has nothing but combining marks, which searches leave out.")
	}
	switch order := values.Get("order"); order {
	case "", "desc":
	case "asc":
		q.Ascending = true
	default:
		return q, problem.InvalidField("order", `The order must be "asc" (oldest first) or "desc" (newest first).`)
	}
	if s := values.Get("cursor"); s != "" {
		var ok bool
		if q.Cursor, ok = event.ParseCursor(s, q.Ascending); !ok {
			return q, event.ErrCursor
		}
	}
	return q, nil
}

// PageLimit parses the parameter limit: the most events of a page.
func PageLimit(values url.Values) (int, error) {
	s := values.Get("limit")
	if s == "" {
		return event.DefaultPageEvents, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > event.MaxPageEvents {
		return 0, problem.InvalidField("limit", "The limit must be a whole number from 1 to %d.", event.MaxPageEvents)
	}
	return n, nil
}

// KnownParameters refuses a query with a parameter that the route doesn't have:
// a mistyped filter would return all events.
func KnownParameters(c *fiber.Ctx, names ...string) error {
	for name := range Query(c) {
		if !slices.Contains(names, name) {
			return problem.InvalidField(QuoteClipped(name), "This is not a parameter here; the parameters are %s.", strings.Join(names, ", "))
		}
	}
	return nil
}

// RenameParameter renames a parameter with a former name in the request, so that
// handlers and the link to the next page know one name.
func RenameParameter(c *fiber.Ctx, older, name string) error {
	args := c.Context().QueryArgs()
	values := Query(c)[older]
	if len(values) > 0 && args.Has(name) {
		return DuplicateName(older, name)
	}
	for _, v := range values {
		args.Add(name, v)
	}
	args.Del(older)
	return nil
}

// DuplicateName refuses a value that is given by its present and its former
// name.
func DuplicateName(older, name string) error {
	return problem.InvalidField(older, "This is the older name of %s, which is given too; send %s alone.", name, name)
}

// Query returns the decoded query parameters.
func Query(c *fiber.Ctx) url.Values {
	values := make(url.Values)
	for key, value := range c.Context().QueryArgs().All() {
		values.Add(string(key), string(value))
	}
	return values
}

// SplitList splits repeated and comma-separated values and drops empty ones.
func SplitList(values []string) []string {
	var out []string
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// Dedupe removes repeated values.
func Dedupe(values []string) []string {
	seen := make(map[string]bool, len(values))
	var out []string
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// Names reads a list of cameras or sources. These may contain commas, so a
// value is one name; more are given by repeating the parameter.
func Names(field string, values []string) ([]string, error) {
	var out []string
	for _, v := range values {
		if v == "" {
			continue
		}
		if utf8.RuneCountInString(v) > event.MaxNameLength || !utf8.ValidString(v) {
			return nil, problem.InvalidField(field, "A name must have at most %d characters.", event.MaxNameLength)
		}
		out = append(out, v)
	}
	if out = Dedupe(out); len(out) > MaxFilterValues {
		return nil, problem.InvalidField(field, "The parameter is given more than %d times.", MaxFilterValues)
	}
	return out, nil
}
