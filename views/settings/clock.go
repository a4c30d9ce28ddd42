package settings

import (
	"time"

	"postern/views/ui"
)

// ServerClock says whether the server's clock is believed.
type ServerClock struct {
	InDoubt bool
	// Ahead is by how much it is ahead of the time that was expected.
	Ahead time.Duration
	// Noticed is when the jump was noticed, Until when the clock is believed if
	// nothing else happens.
	Noticed, Until time.Time
}

// jumped says how far the clock is off.
func (c ServerClock) jumped() string {
	if c.Ahead < 0 {
		return ui.Span(-c.Ahead) + " back"
	}
	return ui.Span(c.Ahead) + " ahead"
}
