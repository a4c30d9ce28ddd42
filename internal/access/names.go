package access

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/problem"
)

// Limits of accounts, keys and sessions.
const (
	MaxNameLength = 64   // characters of an account's or a key's name
	MaxAccounts   = 1000 // accounts
	MaxKeys       = 1000 // keys
	MaxCameras    = 256  // cameras in one restriction

	maxSessions   = 32  // of one account or key; the one unused longest ends
	maxAgentBytes = 160 // of a browser's name for itself
)

// nameLetters are allowed in a name besides ASCII letters and digits. Other
// characters aren't: two names could look the same.
const nameLetters = "._-+@"

// checkName returns what is wrong with an account's or a key's name; nil if
// nothing is.
func checkName(name string) error { return checkNameOf("name", name) }

// checkNameOf is checkName for another field with such a name.
func checkNameOf(field, name string) error {
	bad := func(r rune) bool { return !isLetter(r) && !strings.ContainsRune(nameLetters, r) }
	if name == "" || len(name) > MaxNameLength || strings.IndexFunc(name, bad) >= 0 || !isLetter(rune(name[0])) {
		return problem.InvalidField(field, "The %s must be 1 to %d of the characters A-Z a-z 0-9 . _ - + @, a letter or digit first.",
			field, MaxNameLength)
	}
	return nil
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// fold returns a name for comparison: ALICE is alice.
func fold(name string) string { return strings.ToLower(name) }

// checkCameras returns the scope of a list of cameras, in which nil means all.
func checkCameras(list []string) (account.CameraScope, error) {
	if len(list) > MaxCameras {
		return account.CameraScope{}, problem.InvalidField("cameras", "The list of cameras has more than %d names.", MaxCameras)
	}
	for _, name := range list {
		if !event.ValidName(name) {
			return account.CameraScope{}, problem.InvalidField("cameras",
				"The list of cameras has a name that isn't 1 to %d characters without control characters.", event.MaxNameLength)
		}
	}
	return account.CamerasOf(list), nil
}

// shortAgent returns a browser's name for itself as the store keeps it: printable
// characters only, cut at the end of one.
func shortAgent(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, agent)
	if len(agent) <= maxAgentBytes {
		return agent
	}
	end := maxAgentBytes
	for !utf8.RuneStart(agent[end]) {
		end--
	}
	return agent[:end] + "…"
}

// addressText returns an address as the store keeps it; empty for none.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}
