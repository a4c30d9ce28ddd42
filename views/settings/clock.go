package settings

import (
	"time"

	"postern/views/ui"
)

// ServerClock says whether the server's clock is trusted.
type ServerClock struct {
	InDoubt bool
	// Ahead is how far the clock is ahead of the expected time.
	Ahead time.Duration
	// Noticed is when the jump was noticed, Until when the clock is trusted without a
	// confirmation.
	Noticed, Until time.Time
}

// jumped describes how far the clock jumped.
func (c ServerClock) jumped() string {
	if c.Ahead < 0 {
		return ui.Span(-c.Ahead) + " back"
	}
	return ui.Span(c.Ahead) + " ahead"
}
