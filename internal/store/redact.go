package store

import (
	"fmt"
	"log/slog"
)

// Types that hold a secret are printed and logged by their name and id, without
// their content, with every verb and handler.

// Format prints how long things are kept.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "store that keeps events %s and attempts %s, in %d bytes", o.Retain, o.RetainAttempts, o.RetainBytes)
}

// LogValue is the same.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }
