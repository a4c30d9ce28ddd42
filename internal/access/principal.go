package access

import (
	"net/netip"
	"strconv"

	"postern/internal/account"
)

// Kind is a kind of principal.
type Kind int

// The kinds. Anonymous, the zero value, has no permission.
const (
	Anonymous Kind = iota
	// Local is a request from this machine to a Postern without accounts.
	Local
	// Person has an account and a session.
	Person
	// Program has a key; so has a wall screen, by a session of its key.
	Program
)

// Principal is the account or key behind a request. Its zero value is anonymous.
type Principal struct {
	Kind    Kind
	Name    string       // the account's or the key's
	Role    account.Role // of a person
	Scopes  []account.Scope
	Cameras account.CameraScope
	Display account.Display // of a person
	// Producer is the producer of the events that the principal posts: a key's
	// producer, or "account:" and an account's name, which no key's producer can
	// be; empty for the local principal. Event ids are unique for one producer.
	Producer string
	// Site is the Postern whose events the key forwards; empty for none.
	Site string

	// Session is the session's number; zero for a key that was sent itself.
	Session int64

	account, key int64
	done         <-chan struct{}
}

// LocalPrincipal returns the principal of all requests to a Postern without accounts.
// It has all permissions but OwnAccount.
func LocalPrincipal() Principal { return Principal{Kind: Local, Name: "local"} }

// Done is closed once the principal's rights have ended or changed: its session
// ended or expired, its account was disabled, removed or got another role or
// other cameras, its key was revoked or expired. Close its sockets then. It is
// nil, which never ends, for an anonymous and the local principal.
func (p Principal) Done() <-chan struct{} { return p.done }

// Ended reports whether Done is closed.
func (p Principal) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// ID identifies the principal for good: the number of an account or key is never
// used again, unlike its name.
func (p Principal) ID() string {
	switch p.Kind {
	case Local:
		return "local"
	case Person:
		return "account " + strconv.FormatInt(p.account, 10)
	case Program:
		return "key " + strconv.FormatInt(p.key, 10)
	default:
		return ""
	}
}

// Actor is the principal of an action, as the audit records it.
type Actor struct {
	Kind    string // local, account, key, console, or "nobody" for an anonymous principal
	Name    string
	Address netip.Addr // may be the zero value
}

// The kinds of actors that have limits.
const (
	kindAccount = "account"
	kindKey     = "key"
)

// From returns the principal as an actor at an address.
func (p Principal) From(address netip.Addr) Actor {
	kind := map[Kind]string{Anonymous: "nobody", Local: "local", Person: kindAccount, Program: kindKey}[p.Kind]
	return Actor{Kind: kind, Name: p.Name, Address: address}
}

// ConsoleActor is the actor of commands on the machine itself; user is the
// system's name of the person.
func ConsoleActor(user string) Actor { return Actor{Kind: "console", Name: user} }
