package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"postern/internal/access"
	"postern/internal/store"
)

// accessFlags are those of the commands about accounts, keys and the audit.
// They work on the data folder itself, whether or not postern serves it.
type accessFlags struct {
	Data string `default:"./data" env:"POSTERN_DATA" placeholder:"FOLDER" help:"The data folder (${default})."`
}

// with opens the data folder beside whoever serves it.
func (f accessFlags) with(p process, do func(*access.Service) error) error {
	return f.withStore(p, func(_ *store.Store, s *access.Service) error { return do(s) })
}

// withStore is with for what is not about access.
func (f accessFlags) withStore(p process, do func(*store.Store, *access.Service) error) error {
	if f.Data == "" {
		return usageError{errors.New("--data is empty; name a folder")}
	}
	key, err := keyFromEnvironment()
	if err != nil {
		return err
	}
	j, err := store.OpenBeside(p.ctx, f.Data, store.Options{Key: key})
	if err != nil {
		return err
	}
	s, err := access.New(p.ctx, j, access.Options{})
	if err == nil {
		err = do(j, s)
	}
	return errors.Join(err, j.Close())
}

// change is with for a change, and says what was done.
func (f accessFlags) change(p process, did string, do func(*access.Service) error) error {
	if err := f.with(p, do); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, did)
	return err
}

// console is who types, as the audit tells it.
func console() access.Actor {
	name := "user " + strconv.Itoa(os.Geteuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return access.ConsoleActor(name)
}

// table writes rows in columns, the first being their headings.
func table(p process, rows [][]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printable replaces what could act on a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// moment writes a time, or what stands for none.
func moment(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// cameraWords writes a restriction.
func cameraWords(c access.Cameras) string {
	switch names := c.Names(); {
	case c.All():
		return "all"
	case len(names) == 0:
		return "none"
	default:
		return strings.Join(names, ", ")
	}
}
