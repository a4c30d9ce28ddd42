package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// HostPattern is a host name, or "*." and a suffix: "*.example.com" matches
// every name below example.com, at any depth, but not example.com itself. It is
// stored in the form that ASCIIHost returns.
type HostPattern string

// UnmarshalText parses a pattern as a person writes it.
func (p *HostPattern) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	name, wild := strings.CutPrefix(written, "*.")
	ascii, err := ASCIIHost(name)
	if err != nil || len(ascii) > 253 || strings.ContainsAny(ascii, "*:/@%[]?#\\") || strings.ContainsFunc(ascii, notInNames) {
		return fmt.Errorf("%q is not a host's name; write it as db.example.com, or *.example.com for all below it", written)
	}
	if _, err := netip.ParseAddr(ascii); err == nil || endsInNumber(ascii) {
		return fmt.Errorf("%q is an address; this is about names, and an address is refused unless it is public or allowed", written)
	}
	if *p = HostPattern(ascii); wild {
		*p = "*." + *p
	}
	return nil
}

func notInNames(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }

// matches reports whether the pattern matches a host in the form that ASCIIHost
// returns.
func (p HostPattern) matches(host string) bool {
	if suffix, wild := strings.CutPrefix(string(p), "*"); wild {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == string(p)
}

// ASCIIHost returns a host in the form in which a name server is asked for it:
// ASCII, in small letters, without a trailing dot. It follows the rules of
// net/http's dialer: a Unicode name becomes punycode, and digits and dots of
// other scripts become ASCII, so the result may be an address. A host with an
// empty label is an error.
func ASCIIHost(host string) (string, error) {
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		var err error
		if host, err = idna.Lookup.ToASCII(host); err != nil {
			return "", err
		}
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if slices.Contains(strings.Split(host, "."), "") {
		return "", errors.New("a part of the name is empty")
	}
	return host, nil
}

// HostHeader is the Host header of a URL's requests: the host and port as
// written, but a Unicode name in its DNS form. net/http would encode the name
// without mapping capital letters to small ones.
func HostHeader(u *url.URL) string {
	if !strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return u.Host
	}
	host, err := ASCIIHost(u.Hostname())
	if err != nil {
		return u.Host
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return host
}

// endsInNumber reports whether a host's last label is a decimal or hexadecimal
// number. No name ends in one, and some resolvers read 127.1, 0x7f.1 or
// 2130706433 as an address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	hex, ok := strings.CutPrefix(last, "0x")
	return last != "" && strings.Trim(last, "0123456789") == "" || ok && strings.Trim(hex, "0123456789abcdef") == ""
}

// isName reports whether a host in its ASCII form has only the characters of
// names.
func isName(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r))
	})
}
