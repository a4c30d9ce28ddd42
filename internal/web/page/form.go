package page

import (
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/web/request"
)

// ReadForm decodes a page's form.
func ReadForm(c *fiber.Ctx) (url.Values, error) {
	body, err := request.Body(c)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(body) > 0 && !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) {
		return nil, &problem.Error{Code: problem.Unsupported,
			Detail: "The form could not be read. Send it from its page, or use the API under " + request.APIPrefix + "/events/webhooks."}
	}
	return form, nil
}

// Invalid returns the problem of an invalid request; nil for other errors.
func Invalid(err error) *problem.Error {
	if invalid := problem.Of(err); invalid != nil && invalid.Code == problem.Invalid {
		return invalid
	}
	return nil
}

// NameList splits a list at its line ends and commas.
func NameList(list string) []string {
	var out []string
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return request.Dedupe(out)
}

// ReadTypes reads the selected types. All, selected together with single types,
// means all.
func ReadTypes(values url.Values) (names []string, all bool, types event.TypeSet) {
	names = request.Dedupe(values["event_types"])
	for _, name := range names {
		if name == "*" {
			return []string{"*"}, true, event.AllTypes
		}
		if t, err := event.ParseType(name); err == nil {
			types |= event.Types(t)
		}
	}
	return names, false, types
}

// TakeFieldTime takes a time field of a form out of a query. The form sends it in the
// page's zone, and beside it the exact time where the field can't express that. given
// is the field's text; empty for none.
func TakeFieldTime(c *fiber.Ctx, values url.Values, name string) (t time.Time, given string, err error) {
	given = values.Get(name)
	exactly := values.Get(name + "_exactly")
	values.Del(name)
	values.Del(name + "_exactly")
	if given == "" {
		return t, "", nil
	}
	t, err = request.FieldTime(given, exactly, c.Context().Time(), request.Zone(c))
	return t, given, err
}

// LocalPath reports whether a path is one of this server, to which a form may
// redirect.
func LocalPath(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t")
}
