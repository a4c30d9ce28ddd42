package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Inline puts texts and components together without white space between
// them, which templates would add.
func Inline(parts ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, part := range parts {
			var err error
			switch part := part.(type) {
			case string:
				_, err = io.WriteString(w, templ.EscapeString(part))
			case templ.Component:
				err = part.Render(ctx, w)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
