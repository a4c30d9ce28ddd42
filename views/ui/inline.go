package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Inline joins texts and components without the white space that templates add.
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
