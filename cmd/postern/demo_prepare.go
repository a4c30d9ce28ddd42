package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/admin"
	"postern/internal/alert"
	"postern/internal/demo"
	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/store"
	"postern/internal/store/alerts"
)

const (
	demoAccount = "demo"
	demoKey     = "demo-site"
	// demoTaken is how long ago the newest alert of the past was acknowledged:
	// a few are open, as at any site at work.
	demoTaken = 10 * time.Minute
	// demoPictured is how far back alerts have a snapshot. Each takes the disk a while.
	demoPictured = time.Hour
	// demoPastEvents bounds the events of the past: that of a busier site is
	// shorter.
	demoPastEvents = 300_000
)

// prepare writes the story's past to a new folder. If Postern requires accounts, it
// also makes an account and a key, and returns the key.
func (c *demoCommand) prepare(p process, story *demo.Story) (key access.Secret, err error) {
	isNew := isEmpty(c.data)
	if !isNew && c.open() {
		return key, nil
	}
	secrets, err := keyFromEnvironment()
	if err != nil {
		return key, err
	}
	past := min(c.Past, time.Duration(demoPastEvents/c.Rate)*time.Second)
	var clock demoClock
	if isNew {
		clock.set(time.Now().Add(-past))
	}
	j, err := store.Open(p.ctx, c.data, store.Options{Key: secrets, Now: clock.now})
	if err != nil {
		return key, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if isNew && past > 0 {
		n, err := writePast(p.ctx, j, &clock, story, past)
		if err != nil {
			return key, fmt.Errorf("write the demo's past: %w", err)
		}
		fmt.Fprintf(p.stdout, "History       %d events of the last %s\n", n, past)
	}
	clock.set(time.Time{})
	if c.open() {
		return key, nil
	}
	return demoAccess(p, j)
}

// isEmpty reports whether a folder has nothing in it yet.
func isEmpty(folder string) bool {
	entries, err := os.ReadDir(folder)
	return errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0
}

// demoClock is the present, or a moment of the past that it was set to.
type demoClock struct{ at atomic.Pointer[time.Time] }

func (c *demoClock) now() time.Time {
	if at := c.at.Load(); at != nil && !at.IsZero() {
		return *at
	}
	return time.Now()
}

func (c *demoClock) set(at time.Time) { c.at.Store(&at) }

// writePast lets a story's past arrive when it has: charts and ages go by the
// time of arrival, which is the store's own.
func writePast(ctx context.Context, j *store.Store, clock *demoClock, story *demo.Story, d time.Duration) (int, error) {
	now := time.Now()
	taken := false
	take := func() error {
		taken = true
		_, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Through: j.Head()}, alert.Act{By: "Night desk"})
		return err
	}
	return story.Past(d, now, func(arrived time.Time, body []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		clock.set(arrived)
		if !taken && now.Sub(arrived) <= demoTaken {
			if err := take(); err != nil {
				return err
			}
		}
		events, err := event.Decode(body, arrived)
		if err != nil {
			return err
		}
		if err := j.Append(ctx, []*event.Batch{{Events: events}}); err != nil || now.Sub(arrived) > demoPictured {
			return err
		}
		return putSnapshots(ctx, j, events)
	})
}

// putSnapshots gives alerts their snapshots.
func putSnapshots(ctx context.Context, j *store.Store, events []*event.Event) error {
	for _, e := range events {
		if !e.IsAlert() {
			continue
		}
		picture := demo.Snapshot(e.Type.String(), e.Camera, e.ID)
		if picture == nil {
			continue
		}
		image, err := snapshot.Clean(picture, func(int64) (func(), error) { return func() {}, nil })
		if err == nil {
			_, _, err = j.Snapshots.Put(ctx, "", e.ID, func(*event.Event) bool { return true }, image)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// demoAccess makes an account for a person, and a key for the site's events. It makes
// them again at each start, since the former password and key aren't stored.
func demoAccess(p process, j *store.Store) (key access.Secret, err error) {
	s, err := access.New(p.ctx, j, access.Options{})
	if err != nil {
		return key, err
	}
	accounts, err := s.Accounts(p.ctx)
	if err != nil {
		return key, err
	}
	password := access.GeneratePassword()
	if slices.ContainsFunc(accounts, func(a *account.Account) bool { return a.Name == demoAccount }) {
		err = s.SetPassword(p.ctx, admin.Actor(), demoAccount, password)
	} else {
		err = s.AddAccount(p.ctx, admin.Actor(), access.NewAccount{Name: demoAccount, Role: account.Administrator, Password: password})
	}
	if err != nil {
		return key, err
	}
	keys, err := s.Keys(p.ctx)
	if err != nil {
		return key, err
	}
	if slices.ContainsFunc(keys, func(k *account.Key) bool { return k.Name == demoKey }) {
		if err := s.RevokeKey(p.ctx, admin.Actor(), demoKey); err != nil {
			return key, err
		}
	}
	key, err = s.AddKey(p.ctx, admin.Actor(), access.NewKey{Name: demoKey,
		Scopes: []account.Scope{account.ScopeIngest, account.ScopeRead, account.ScopeManage}})
	if err != nil {
		return key, err
	}
	_, err = fmt.Fprintf(p.stdout, "Sign in       as %s, with the password %s\nKey           %s\n", demoAccount,
		password.Reveal(), key.Reveal())
	return key, err
}
