package main

import (
	"fmt"

	"postern/internal/admin"
)

type clockCommand struct {
	Confirm clockConfirm `cmd:"" help:"Trust the clock as it is after a jump, so that retention by age continues."`
}

type clockConfirm struct {
	folderFlags `embed:""`
}

// Run confirms the clock, whether or not postern serves the folder.
func (c *clockConfirm) Run(p process) error {
	var held bool
	err := c.with(p, func(client *admin.Client) (err error) {
		held, err = client.ConfirmClock(p.ctx)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, confirmedWords(held))
	return err
}

// confirmedWords says that the clock is confirmed. held tells that it was in
// doubt.
func confirmedWords(held bool) string {
	if held {
		return "The clock is confirmed."
	}
	return "The clock was not in doubt; it is confirmed as it is."
}
