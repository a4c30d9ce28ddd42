package web

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

// Bounds of what a query may ask for.
const (
	maxFilterValues = 100 // cameras, or sources
	maxTextBytes    = 200
)

// parseFilter reads the query parameters of history: limit, event_type,
// camera_id, source, since, until, q, order and cursor. Lists may be repeated
// or separated by commas. Its errors are *problem.Error.
func parseFilter(c *fiber.Ctx) (event.Query, error) {
	values := queryValues(c)
	var q event.Query
	var err error
	if q.Limit, err = pageLimit(values); err != nil {
		return q, err
	}
	if names := list(values["event_type"]); len(names) > 0 {
		if q.Types, err = event.ParseTypes(dedupe(names)); err != nil {
			return q, problem.InvalidField("event_type", "%s", err)
		}
	}
	if q.Cameras, err = names("camera_id", values); err != nil {
		return q, err
	}
	if q.Sources, err = names("source", values); err != nil {
		return q, err
	}
	// Relative times are relative to when the request came.
	if q.Since, err = queryTime("since", values, c.Context().Time()); err != nil {
		return q, err
	}
	if q.Until, err = queryTime("until", values, c.Context().Time()); err != nil {
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

// pageLimit reads how many events a page may have.
func pageLimit(values url.Values) (int, error) {
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

// knownParameters refuses a query with a parameter that the route doesn't
// have: a filter that is mistyped would return everything.
func knownParameters(c *fiber.Ctx, names ...string) error {
	for name := range queryValues(c) {
		if !slices.Contains(names, name) {
			return problem.InvalidField(quoteClipped(name), "This is not a parameter here; the parameters are %s.", strings.Join(names, ", "))
		}
	}
	return nil
}

// renameParameter takes a parameter by its older name, so that what reads the
// query, and the address of the next page, know one name alone.
func renameParameter(c *fiber.Ctx, older, name string) error {
	args := c.Context().QueryArgs()
	values := queryValues(c)[older]
	if len(values) > 0 && args.Has(name) {
		return olderName(older, name)
	}
	for _, v := range values {
		args.Add(name, v)
	}
	args.Del(older)
	return nil
}

// olderName refuses something that is given by both of its names.
func olderName(older, name string) error {
	return problem.InvalidField(older, "This is the older name of %s, which is given too; send %s alone.", name, name)
}

// queryValues returns the query parameters, decoded.
func queryValues(c *fiber.Ctx) url.Values {
	values := make(url.Values)
	for key, value := range c.Context().QueryArgs().All() {
		values.Add(string(key), string(value))
	}
	return values
}

// list splits repeated and comma-separated values and drops empty ones.
func list(values []string) []string {
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

func dedupe(values []string) []string {
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

// names reads a list of cameras or sources. These may contain commas, so a
// value is one name; more are given by repeating the parameter.
func names(field string, values url.Values) ([]string, error) {
	var out []string
	for _, v := range values[field] {
		if v == "" {
			continue
		}
		if utf8.RuneCountInString(v) > event.MaxNameLength || !utf8.ValidString(v) {
			return nil, problem.InvalidField(field, "A name must have at most %d characters.", event.MaxNameLength)
		}
		out = append(out, v)
	}
	if out = dedupe(out); len(out) > maxFilterValues {
		return nil, problem.InvalidField(field, "The parameter is given more than %d times.", maxFilterValues)
	}
	return out, nil
}

// linkNext sets the Link header for the next page: this request with another
// cursor.
func linkNext(c *fiber.Ctx, cursor string) {
	values := queryValues(c)
	values.Set("cursor", cursor)
	c.Set(fiber.HeaderLink, "<"+c.Path()+"?"+values.Encode()+`>; rel="next"`)
}
