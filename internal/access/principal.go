package access

import (
	"net/netip"
	"strconv"

	"postern/internal/account"
)

// Kind is what sort of principal it is.
type Kind int

// The kinds. Nobody, the zero value, may do nothing.
const (
	Nobody Kind = iota
	// Local is whoever is on this machine where Postern is open to it.
	Local
	// Person has an account and a session.
	Person
	// Program has a key; so has a wall screen, by a session of its key.
	Program
)

// Principal is who asks. Its zero value is nobody.
type Principal struct {
	Kind    Kind
	Name    string       // the account's or the key's
	Role    account.Role // of a person
	Scopes  []account.Scope
	Cameras account.CameraScope
	// Producer names whose events the principal posts: a key's producer, an
	// account's name behind "account:", which no key's can be; empty for the
	// local principal. Duplicates are judged among one producer's events.
	Producer string
	// Site is the Postern whose events the key forwards; empty for none.
	Site string

	// Session is the session's number; zero for a key that was sent itself.
	Session int64

	account, key int64
	done         <-chan struct{}
}

// LocalPrincipal is who may do everything because Postern is open to this
// machine.
func LocalPrincipal() Principal { return Principal{Kind: Local, Name: "local"} }

// Done is closed once the principal's right has ended or become another one:
// its session ended or expired, its account was disabled, removed or given
// another role or other cameras, its key revoked or expired. Close its sockets
// then. It is nil, which never ends, for nobody and for the local one.
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

// ID names the principal for good: unlike a name, the number of an account or a
// key is never used again.
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

// Actor is who does something, as the audit tells it.
type Actor struct {
	Kind    string // local, account, key or console
	Name    string
	Address netip.Addr // may be the zero value
}

// What an account's and a key's actors are called.
const (
	kindAccount = "account"
	kindKey     = "key"
)

// From makes the principal an actor at an address.
func (p Principal) From(address netip.Addr) Actor {
	kind := map[Kind]string{Nobody: "nobody", Local: "local", Person: kindAccount, Program: kindKey}[p.Kind]
	return Actor{Kind: kind, Name: p.Name, Address: address}
}

// ConsoleActor is who types commands on the machine itself; user is the
// system's name for them.
func ConsoleActor(user string) Actor { return Actor{Kind: "console", Name: user} }
