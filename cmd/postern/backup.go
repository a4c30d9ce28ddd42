package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"postern/internal/admin"
	"postern/internal/store/backup"
	"postern/internal/store/secretbox"
)

type backupCommand struct {
	folderFlags `embed:""`
	File        string `arg:"" help:"The file to make."`
}

// Run takes a backup, whether or not a Postern runs on the folder.
func (c *backupCommand) Run(p process) (err error) {
	if c.Data == "" || c.File == "" {
		return usageError{errors.New("name a file to make, and the data folder with --data")}
	}
	copied, err := backup.Take(p.ctx, c.Data, c.File)
	if err != nil {
		return err
	}
	if err := c.record(p, copied); err != nil {
		// The copy may be all that is left of a disk that is breaking.
		fmt.Fprintf(p.stderr, "The backup was taken, but the audit doesn't say so: %v\n", err)
	}
	key := "the key is " + filepath.Join(c.Data, secretbox.KeyFile)
	if os.Getenv(keyVariable) != "" {
		key = "the key is what " + keyVariable + " holds"
	}
	defer func() { err = errors.Join(err, damagedCopy(copied)) }()
	into := c.File
	if copied.Snapshots > 0 {
		into += " and " + string(backup.SnapshotsOf(c.File))
	}
	_, err = fmt.Fprintf(p.stdout, "Backed up %s into %s.\n"+
		"It holds no key, and can't be used without it: %s. Keep a copy of that somewhere else.\n", copiedWords(copied), into, key)
	return err
}

// record writes an audit entry about the copy. It runs after the copy, since without
// a running Postern it opens the folder, which may migrate it.
func (c *backupCommand) record(p process, copied backup.Copied) error {
	if copied.Earlier {
		return errors.New("the folder is of an earlier version, and taking a backup leaves it as it is")
	}
	file, err := filepath.Abs(c.File)
	if err != nil {
		return err
	}
	return c.with(p, func(client *admin.Client) error {
		return client.RecordBackup(p.ctx, file, copied.Events)
	})
}

type restoreCommand struct {
	folderFlags `embed:""`
	File        string `arg:"" help:"The backup, or the postern.db of a folder that nobody serves."`
}

// Run makes a data folder from a backup, or from the readable part of a damaged store.
// It fails if some of it can't be read.
func (c *restoreCommand) Run(p process) (err error) {
	if c.Data == "" || c.File == "" {
		return usageError{errors.New("name the backup, and the folder to make with --data")}
	}
	copied, err := backup.Restore(p.ctx, c.File, c.Data, salvageProgress(p.stderr))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, damagedCopy(copied)) }()
	if copied.Salvaged != nil {
		if _, err := fmt.Fprint(p.stdout, salvagedWords(copied.Salvaged)); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(p.stdout, "Restored %s into %s.\n", copiedWords(copied), c.Data); err != nil {
		return err
	}
	key := filepath.Join(c.Data, secretbox.KeyFile)
	if _, err := os.Stat(key); err == nil || os.Getenv(keyVariable) != "" {
		return nil
	}
	_, err = fmt.Fprintf(p.stdout, "Now put the key in place: the secret.key of the folder that was backed up, as %s, or in %s. "+
		"Postern doesn't start without it.\n", key, keyVariable)
	return err
}

// damagedCopy returns an error that names the unreadable events of a copy, and counts its
// lost snapshots. The copy
// stays: it may be the best one, and an older one may complete it.
func damagedCopy(c backup.Copied) error {
	if c.Salvaged != nil && !c.Salvaged.Whole() {
		return errSalvaged
	}
	return errors.Join(lostSnapshots(c), unreadableEvents(c))
}

func lostSnapshots(c backup.Copied) error {
	if c.LostSnapshots == 0 {
		return nil
	}
	return fmt.Errorf("%s snapshots of it are missing or were changed on the disk, and all others are there; "+
		"look whether an older backup has them", humanize.Comma(c.LostSnapshots))
}

func unreadableEvents(c backup.Copied) error {
	if c.Unreadable == 0 {
		return nil
	}
	return fmt.Errorf("%s events of it can't be read, since they were changed on the disk, and all others can: number %s; "+
		"look whether an older backup has them", humanize.Comma(c.Unreadable), numberList(c.Numbers))
}

func copiedWords(c backup.Copied) string {
	words := fmt.Sprintf("%s events up to number %d (%s)", humanize.Comma(c.Events), c.Head, humanize.IBytes(uint64(c.Bytes)))
	if c.Snapshots > 0 {
		words += fmt.Sprintf(" and %s files of snapshots", humanize.Comma(c.Snapshots))
	}
	return words
}
