package main

import (
	"errors"
	"fmt"

	"postern/internal/admin"
)

// folderFlags are those of the commands that work on a data folder, whether or
// not a Postern serves it.
type folderFlags struct {
	Data string `default:"./data" env:"POSTERN_DATA" placeholder:"FOLDER" help:"The data folder (${default})."`
}

// check refuses an empty name.
func (f folderFlags) check() error {
	if f.Data == "" {
		return usageError{errors.New("--data is empty; name a folder")}
	}
	return nil
}

// with calls the Postern that serves the data folder, or opens the folder where
// none does.
func (f folderFlags) with(p process, do func(*admin.Client) error) error {
	if err := f.check(); err != nil {
		return err
	}
	key, err := keyFromEnvironment()
	if err != nil {
		return err
	}
	c, err := admin.Open(p.ctx, f.Data, admin.Options{Version: version, Key: key})
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close())
}

// change is with for a change. It prints done after success.
func (f folderFlags) change(p process, done string, do func(*admin.Client) error) error {
	if err := f.with(p, do); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, done)
	return err
}
