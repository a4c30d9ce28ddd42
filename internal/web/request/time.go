package request

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"postern/internal/event"
	"postern/internal/problem"
)

// Time is a time of a request in its original form: text or a number.
type Time string

// UnmarshalJSONFrom decodes a string or a number; null means no time.
func (t *Time) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case 'n':
		*t = ""
	case '0':
		*t = Time(value)
	case '"':
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return err
		}
		*t = Time(text)
	default:
		return errors.New("not a time")
	}
	return nil
}

// Parse parses the time of a field; no time is the zero time. Its error
// is a *problem.Error.
func (t Time) Parse(field string, now time.Time) (time.Time, error) {
	at, _, err := t.parse(field, now)
	return at, err
}

// parse is Parse, and reports whether the time is relative to now.
func (t Time) parse(field string, now time.Time) (at time.Time, relative bool, err error) {
	if t == "" {
		return time.Time{}, false, nil
	}
	at, relative, err = event.ParseMoment(string(t), now, nil)
	if err != nil {
		return time.Time{}, false, problem.InvalidField(field, "%s", err)
	}
	return at, relative, nil
}

// QueryTime parses the time of a query parameter; no time is the zero time. Its
// error is a *problem.Error.
func QueryTime(field string, values url.Values, now time.Time) (time.Time, error) {
	at, _, err := queryMoment(field, values, now)
	return at, err
}

// queryMoment is QueryTime, and returns the time also as it was written if it is
// relative to now.
func queryMoment(field string, values url.Values, now time.Time) (at time.Time, relative string, err error) {
	// An unencoded plus in a query is decoded as a space.
	text := strings.Replace(values.Get(field), " ", "+", 1)
	at, isRelative, err := Time(text).parse(field, now)
	if !isRelative {
		text = ""
	}
	return at, text, err
}
