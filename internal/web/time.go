package web

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/problem"
)

// timeText is a time in a body in its original form: text or a number.
type timeText string

// UnmarshalJSONFrom reads a string or a number; null is no time.
func (t *timeText) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case 'n':
		*t = ""
	case '0':
		*t = timeText(value)
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return err
		}
		*t = timeText(text)
	default:
		return errors.New("not a time")
	}
	return nil
}

// time reads the time of a field; the zero time where there is none. Its error
// is a *problem.Error.
func (t timeText) time(field string, now time.Time) (time.Time, error) {
	if t == "" {
		return time.Time{}, nil
	}
	at, _, err := event.ParseMoment(string(t), now, nil)
	if err != nil {
		return time.Time{}, problem.InvalidField(field, "%s", err)
	}
	return at, nil
}

// queryTime reads the time of a query parameter; the zero time where there is
// none. Its error is a *problem.Error.
func queryTime(field string, values url.Values, now time.Time) (time.Time, error) {
	// In a query a plus that wasn't encoded arrives as a blank.
	return timeText(strings.Replace(values.Get(field), " ", "+", 1)).time(field, now)
}
