package delivery

import "slices"

// Class says where an attempt failed. The database stores its number, so numbers
// are never reused.
type Class uint8

// The classes of failure; zero is success.
const (
	ClassNone    Class = iota // delivered
	ClassDNS                  // the name has no address
	ClassConnect              // no connection
	ClassTLS                  // no secure connection
	ClassTimeout              // no answer in time
	ClassStatus               // an answer other than 2xx
	ClassRefused              // an address that Postern may not call
	ClassBody                 // no whole answer: the connection or the stream ended
	ClassOther                // anything else
)

// classNames are the names of the classes in the API. Pages have labels of their
// own.
var classNames = []string{
	ClassNone: "", ClassDNS: "dns", ClassConnect: "connect", ClassTLS: "tls", ClassTimeout: "timeout",
	ClassStatus: "status", ClassRefused: "refused", ClassBody: "body", ClassOther: "other",
}

// String returns the class's name in the API; empty for success.
func (c Class) String() string { return classNames[min(int(c), int(ClassOther))] }

// Unanswered reports whether the receiver sent no response. No event can cause
// that.
func (c Class) Unanswered() bool {
	switch c {
	case ClassDNS, ClassConnect, ClassTLS, ClassTimeout, ClassRefused:
		return true
	default:
		return false
	}
}

// ParseClass parses the name of a class of failure in the API.
func ParseClass(name string) (c Class, ok bool) {
	i := slices.Index(classNames, name)
	return Class(max(i, 0)), i > 0
}

// ClassNames are the names of the classes of failure.
func ClassNames() []string { return slices.Clone(classNames[1:]) }
