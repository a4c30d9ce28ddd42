package webhook

import (
	"fmt"
	"log/slog"
)

// Types that hold a secret are printed and logged by their name and id, without
// their content, with every verb and handler. A URL may be a secret too.

// Format prints no part of the registration but its types.
func (r Registration) Format(f fmt.State, _ rune) { fmt.Fprint(f, "registration for ", r.EventTypes) }

// LogValue prints no part of the secret either.
func (r Registration) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Format prints which fields are to be changed.
func (c Change) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "change of URL %t, types %t, secret %t, settings %t", c.URL != nil, c.EventTypes != nil, c.Secret != nil, c.Settings != nil)
}

// LogValue is the same.
func (c Change) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format prints no part of the secret.
func (r Rotation) Format(f fmt.State, _ rune) {
	fmt.Fprint(f, "rotation with an overlap of ", r.Overlap)
}

// LogValue is the same.
func (r Rotation) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }
