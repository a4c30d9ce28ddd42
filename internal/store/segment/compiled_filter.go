package segment

import (
	"context"
	"slices"

	"postern/internal/event"
)

// CompiledFilter is a filter made ready to be compared with many segments: its
// names are folded once, and its text is parsed as a part of an id.
type CompiledFilter struct {
	event.Filter

	text             string   // Text, folded
	cameras, sources []string // folded, so that candidates may have a name that differs in case only
	ids              idSearch
}

// Compile compiles a filter.
func Compile(f event.Filter) *CompiledFilter {
	c := &CompiledFilter{Filter: f, text: event.Fold(f.Text), cameras: foldAll(f.Cameras), sources: foldAll(f.Sources)}
	if f.Text != "" {
		c.ids = newIDSearch(c.text)
	}
	return c
}

// CompileIdentity compiles a filter for the events whose data may have an
// identity. Unlike a searched text, an identity is no part of an id.
func CompileIdentity(identity string) *CompiledFilter {
	return &CompiledFilter{Filter: event.Filter{Text: identity}, text: event.Fold(identity)}
}

// Compile compiles a filter and lists the few ids that begin with its text, if
// it is that of an id.
func (x *Index) Compile(ctx context.Context, f event.Filter) (*CompiledFilter, error) {
	c := Compile(f)
	var err error
	c.ids, err = c.ids.list(ctx, x.reader)
	return c, err
}

// FoldedText returns the filter's text, folded. It is empty where the text has
// combining marks only, which no event matches.
func (f *CompiledFilter) FoldedText() string { return f.text }

func foldAll(names []string) []string {
	folded := slices.Clone(names)
	for i, name := range folded {
		folded[i] = event.Fold(name)
	}
	return folded
}
