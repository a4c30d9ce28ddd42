package main

import (
	"fmt"

	"postern/internal/admin"
)

type clockCommand struct {
	Confirm clockConfirm `cmd:"" help:"Trust the clock as it is after a jump, so that retention by age goes on."`
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
	words := "The clock is confirmed.."
	if !held {
		words = "The clock was not in doubt; it is confirmed as it is."
	}
	_, err = fmt.Fprintln(p.stdout, words)
	return err
}
