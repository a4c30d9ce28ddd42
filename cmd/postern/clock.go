package main

import (
	"errors"
	"fmt"

	"postern/internal/access"
	"postern/internal/store"
)

type clockCommand struct {
	Confirm clockConfirm `cmd:"" help:"Believe the clock as it is after a jump, so that retention by age goes on."`
}

type clockConfirm struct {
	accessFlags `embed:""`
}

// Run confirms the clock, whether or not postern serves the folder.
func (c *clockConfirm) Run(p process) error {
	if c.Data == "" {
		return usageError{errors.New("--data is empty; name a folder")}
	}
	var held bool
	err := c.withStore(p, func(j *store.Store, s *access.Service) error {
		// The audit first: what it can't tell isn't done.
		if err := s.Record(p.ctx, console(), access.Entry{Action: access.ClockConfirm, Outcome: access.Done}); err != nil {
			return err
		}
		var err error
		held, err = j.ConfirmClock(p.ctx)
		return err
	})
	if err != nil {
		return err
	}
	words := "The clock is confirmed. A Postern that serves the folder believes it within half a minute."
	if !held {
		words = "The clock was not in doubt; it is confirmed as it is."
	}
	_, err = fmt.Fprintln(p.stdout, words)
	return err
}
