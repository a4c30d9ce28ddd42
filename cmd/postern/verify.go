package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"postern/internal/admin"
	"postern/internal/store/verify"
)

type verifyCommand struct {
	folderFlags `embed:""`
	Rate        int `default:"20000" placeholder:"EVENTS" help:"Read at most this many events a second, so that a Postern that serves the folder isn't slowed down; 0 for as fast as it can (${default})."`
}

// errDamaged says that a verification has found something.
var errDamaged = errors.New("the data folder is damaged; docs/operating.md says what to do")

// Run verifies the data folder, whether or not postern serves it. It fails
// where anything is damaged.
func (c *verifyCommand) Run(p process) error {
	if c.Data == "" || c.Rate < 0 {
		return usageError{errors.New("name the data folder with --data, and a --rate that isn't negative")}
	}
	var v *verify.Report
	err := c.with(p, func(client *admin.Client) (err error) {
		v, err = client.VerifyData(p.ctx, c.Rate)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(p.stdout, verifiedWords(v)); err != nil {
		return err
	}
	if !v.Whole() {
		return errDamaged
	}
	return nil
}

// numberList writes sequence numbers.
func numberList(seqs []int64) string {
	list := make([]string, len(seqs))
	for i, n := range seqs {
		list[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(list, ", ")
}

// verifiedWords describe the report, one sentence a line.
func verifiedWords(v *verify.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Read %s events and %s parts of the index in %s.\n", humanize.Comma(v.Events), humanize.Comma(v.Blocks),
		v.Ended.Sub(v.Began).Round(1e8))
	if v.Whole() {
		fmt.Fprintln(&b, "Everything is whole.")
	}
	if v.Unsummed > 0 {
		fmt.Fprintf(&b, "%s events are from before there were checksums; nobody knows whether they are whole.\n", humanize.Comma(v.Unsummed))
	}
	if v.Damaged > 0 {
		fmt.Fprintf(&b, "%s events were changed on the disk and can't be read.\n", humanize.Comma(v.Damaged))
	}
	if v.Missing > 0 {
		fmt.Fprintf(&b, "%s events should be there and are not.\n", humanize.Comma(v.Missing))
	}
	if len(v.Numbers) > 0 {
		fmt.Fprintf(&b, "Their numbers (at most the first 100): %s.\n", numberList(v.Numbers))
	}
	if v.DamagedSnapshots > 0 {
		fmt.Fprintf(&b, "%s of %s snapshots are missing or were changed on the disk, those of the events (at most the first 100): %s.\n",
			humanize.Comma(v.DamagedSnapshots), humanize.Comma(v.Snapshots), numberList(v.SnapshotNumbers))
	}
	if v.Entries > 0 {
		fmt.Fprintf(&b, "%s events are not found by SQLite's indexes.\n", humanize.Comma(v.Entries))
	}
	if v.DamagedBlocks > 0 {
		fmt.Fprintf(&b, "%s parts of the index were changed on the disk; Postern makes them again at its next start.\n",
			humanize.Comma(v.DamagedBlocks))
	}
	return b.String()
}
