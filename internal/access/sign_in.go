package access

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"postern/internal/account"
	"postern/internal/store"
)

// SignIn is a person's try to sign in.
type SignIn struct {
	Name     string
	Password Secret
	Origin
	// Replaces is the id of the session that the browser has already; it
	// ends. The zero value means none.
	Replaces Secret
}

// Origin is where a request comes from.
type Origin struct {
	Address netip.Addr // the zero value where it isn't known
	Agent   string     // the browser's name for itself
}

// wrong is all that a person without the password learns.
const wrong = "The name or the password is wrong."

// SignIn checks a password and begins a session under a new id, for the
// cookie. A Refusal says ErrUnauthenticated for a wrong password, ErrTooMany
// with RetryAfter after too many, or ErrBusy. An account that doesn't exist
// takes as long as a wrong password, and answers the same.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Secret, Principal, error) {
	state, err := s.current(ctx)
	if err != nil {
		return Secret{}, Principal{}, err
	}
	known, hash := state.byName[fold(in.Name)], s.hasher.nobody
	if known != nil {
		hash = known.Password
	}
	attempt, err := s.beginTry(state, in.Name, known, in.Address)
	if err != nil {
		return Secret{}, Principal{}, err
	}
	same, stale, err := s.hasher.verify(ctx, hash, in.Password)
	if err != nil {
		attempt.takeBack(time.Now())
		return Secret{}, Principal{}, err
	}
	if known == nil || !same {
		return Secret{}, Principal{}, s.wrongPassword(ctx, known, in.Address)
	}
	if known.Disabled() {
		// Only who has the password learns this.
		attempt.right(time.Now())
		return Secret{}, Principal{}, refuse(ErrUnauthenticated, "This account is disabled. Ask an administrator to enable it.")
	}
	rehashed := hash
	if stale {
		if rehashed, err = s.hasher.hash(ctx, in.Password); err != nil {
			rehashed = hash // next time, then
		}
	}
	id := newSessionID()
	err = s.change(ctx, func(tx *store.AccessTx) error {
		_, a, err := findAccount(tx, in.Name)
		if err != nil || a.N != known.N || a.Password != hash || a.Disabled() {
			return refuse(ErrUnauthenticated, "The account has just changed. Try again.")
		}
		now := time.Now()
		by := Actor{Kind: kindAccount, Name: a.Name, Address: in.Address}
		a.Password, a.SignedInAt = rehashed, now
		if err := tx.PutAccount(a); err != nil {
			return err
		}
		if err := s.endReplaced(tx, by, in.Replaces); err != nil {
			return err
		}
		row := &account.Session{Hash: id.hash(), Account: a.N, CreatedAt: now, SeenAt: now, Address: addressText(in.Address), Agent: shortAgent(in.Agent)}
		if err := s.beginSession(tx, by, row); err != nil {
			return err
		}
		return record(tx, by, Entry{Action: SignInAction})
	})
	if err != nil {
		attempt.takeBack(time.Now())
		return Secret{}, Principal{}, err
	}
	attempt.right(time.Now())
	p, err := s.Session(ctx, id)
	return id, p, err
}

// beginTry counts a try, unless there were too many.
func (s *Service) beginTry(state *state, name string, known *account.Account, address netip.Addr) (*try, error) {
	if checkName(name) != nil {
		name = "" // no account's; one place is enough for all of these
	}
	familiar := known != nil && slices.ContainsFunc(state.sessionsOf(func(row *account.Session) bool { return row.Account == known.N }), func(g *grant) bool {
		at, err := netip.ParseAddr(g.row.Address)
		return err == nil && Network(at) == Network(address)
	})
	attempt, wait := s.limits.begin(name, known != nil, address, familiar, time.Now())
	if attempt != nil {
		return attempt, nil
	}
	wait = max(wait.Round(time.Second), time.Second)
	refusal := refuse(ErrTooMany, "Too many tries with a wrong password. Wait %s, then try again; on the machine itself, postern user password sets a new one.", wait)
	refusal.RetryAfter = wait
	return nil, refusal
}

// wrongPassword records a refused try, and says so. A name that no account
// has isn't recorded: it may be a password in the wrong field.
func (s *Service) wrongPassword(ctx context.Context, known *account.Account, address netip.Addr) error {
	if ok, leftOut := s.refused.take(time.Now()); ok {
		e := Entry{Action: SignInAction, Outcome: Refused, Details: Details{}}
		if known != nil {
			e.Target = known.Name
		} else {
			e.Details["account"] = "unknown"
		}
		if leftOut > 0 {
			e.Details["not_recorded_before"] = leftOut
		}
		if err := s.Record(ctx, Principal{}.From(address), e); err != nil {
			return err
		}
	}
	return refuse(ErrUnauthenticated, wrong)
}

// endReplaced ends the session that a new one takes the place of.
func (s *Service) endReplaced(tx *store.AccessTx, by Actor, id Secret) error {
	rows, err := tx.Sessions()
	if err != nil {
		return err
	}
	hash := id.hash()
	for _, row := range rows {
		if row.Hash == hash {
			return s.endForAnother(tx, by, row)
		}
	}
	return nil
}

// endForAnother ends a session that makes room for a new one, and says so.
func (s *Service) endForAnother(tx *store.AccessTx, by Actor, row *account.Session) error {
	if err := tx.RemoveSession(row.N); err != nil {
		return err
	}
	return record(tx, by, Entry{Action: SignOutAction, Target: s.ownerOf(row), Details: Details{"replaced": true}})
}
