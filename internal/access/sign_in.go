package access

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"postern/internal/account"
	"postern/internal/problem"
	"postern/internal/store/accounts"
)

// SignIn is a person's attempt to sign in.
type SignIn struct {
	Name     string
	Password Secret
	Origin
	// Replaces is the id of the session that the browser has already, which
	// ends. The zero value means none.
	Replaces Secret
}

// Origin is the address and browser of a request.
type Origin struct {
	Address netip.Addr // the zero value where it isn't known
	Agent   string     // the browser's name for itself
}

// wrong is all that the answer to a wrong password says.
const wrong = "The name or the password is wrong."

// SignIn checks a password and begins a session with a new id, for the cookie.
// Its error has the code problem.Unauthenticated for a wrong password,
// problem.TooMany with a RetryAfter after too many of them, or
// problem.Unavailable. For an account that doesn't exist it takes as long, and
// returns the same, as for a wrong password.
func (s *Service) SignIn(ctx context.Context, in SignIn) (Secret, Principal, error) {
	state, err := s.current(ctx)
	if err != nil {
		return Secret{}, Principal{}, err
	}
	known, hash := state.byName[fold(in.Name)], s.hasher.noAccount
	if known != nil {
		hash = known.Password
	}
	attempt, err := s.beginAttempt(state, in.Name, known, in.Address)
	if err != nil {
		return Secret{}, Principal{}, err
	}
	same, stale, err := s.hasher.verify(ctx, hash, in.Password)
	if err != nil {
		attempt.refund(time.Now())
		return Secret{}, Principal{}, err
	}
	if known == nil || !same {
		return Secret{}, Principal{}, s.wrongPassword(ctx, known, in.Address)
	}
	if known.Disabled() {
		// Only a person with the password learns this.
		attempt.succeed(time.Now())
		return Secret{}, Principal{}, problem.New(problem.Unauthenticated, "This account is disabled. Ask an administrator to enable it.")
	}
	rehashed := hash
	if stale {
		if rehashed, err = s.hasher.hash(ctx, in.Password); err != nil {
			rehashed = hash // the next sign-in tries again
		}
	}
	id := newSessionID()
	err = s.change(ctx, func(tx *accounts.Tx) error {
		_, a, err := findAccount(tx, in.Name)
		if err != nil || a.N != known.N || a.Password != hash || a.Disabled() {
			return problem.New(problem.Unauthenticated, "The account has just changed. Try again.")
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
		row := &account.Session{Hash: id.hash(), Account: a.N, CreatedAt: now, SeenAt: now, Address: addressText(in.Address),
			Agent: shortAgent(in.Agent)}
		if err := s.beginSession(tx, by, row); err != nil {
			return err
		}
		return record(tx, by, Entry{Action: SignInAction})
	})
	if err != nil {
		attempt.refund(time.Now())
		return Secret{}, Principal{}, err
	}
	attempt.succeed(time.Now())
	p, err := s.Session(ctx, id)
	return id, p, err
}

// beginAttempt counts an attempt, or refuses it after too many.
func (s *Service) beginAttempt(state *snapshot, name string, known *account.Account, address netip.Addr) (*signInAttempt, error) {
	if checkName(name) != nil {
		name = "" // no account has it; all such names share one count
	}
	trusted := known != nil && slices.ContainsFunc(state.sessionsOf(func(row *account.Session) bool { return row.Account == known.N }),
		func(g *grant) bool {
			at, err := netip.ParseAddr(g.row.Address)
			return err == nil && Network(at) == Network(address)
		})
	attempt, wait := s.signIns.begin(name, known != nil, address, trusted, time.Now())
	if attempt != nil {
		return attempt, nil
	}
	wait = max(wait.Round(time.Second), time.Second)
	return nil, tooMany(wait, "Too many tries with a wrong password. Wait %s, then try again; "+
		"on the machine itself, postern user password sets a new one.", wait)
}

// wrongPassword records a refused sign-in and returns the refusal. A name that
// no account has isn't recorded: it may be a password in the wrong field.
func (s *Service) wrongPassword(ctx context.Context, known *account.Account, address netip.Addr) error {
	if ok, leftOut := s.refusals.record(time.Now()); ok {
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
	return problem.New(problem.Unauthenticated, wrong)
}

// endReplaced ends the session that a new one replaces.
func (s *Service) endReplaced(tx *accounts.Tx, by Actor, id Secret) error {
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

// endForAnother ends a session that a new one replaces, and records it.
func (s *Service) endForAnother(tx *accounts.Tx, by Actor, row *account.Session) error {
	if err := tx.RemoveSession(row.N); err != nil {
		return err
	}
	return record(tx, by, Entry{Action: SignOutAction, Target: s.ownerOf(row), Details: Details{"replaced": true}})
}
