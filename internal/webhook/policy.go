package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Policy is what may be registered and called.
type Policy struct {
	AllowHTTP    bool
	AllowTargets []netip.Prefix
	// DenyHosts are names that are refused, wherever they lead.
	DenyHosts []HostPattern
	// Ports are all that may be called; none means any.
	Ports []PortRange
	// Proxy is what deliveries go through, without its login; empty for none.
	Proxy string
	// PublicURL is where receivers reach Postern; empty where that isn't set.
	PublicURL string
}

// Policy returns what may be registered and called.
func (s *Service) Policy() Policy {
	return Policy{
		AllowHTTP: s.opts.AllowHTTP, AllowTargets: s.opts.AllowTargets, DenyHosts: s.opts.DenyHosts, Ports: s.opts.TargetPorts,
		Proxy: s.opts.Proxy.address(), PublicURL: s.opts.PublicURL,
	}
}

// HostPattern is a host's name, or "*." and the end of names: "*.example.com"
// is every name below example.com, at any depth, and not that itself. It is
// kept in the form that is asked of a name server: ASCII, in small letters,
// without a dot at the end.
type HostPattern string

// UnmarshalText reads a pattern as a person writes it.
func (p *HostPattern) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	name, wild := strings.CutPrefix(written, "*.")
	ascii, err := asciiHost(name)
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

// matches reports whether a host in the form of asciiHost is meant.
func (p HostPattern) matches(host string) bool {
	if end, wild := strings.CutPrefix(string(p), "*"); wild {
		return strings.HasSuffix(host, end) && len(host) > len(end)
	}
	return host == string(p)
}

// asciiHost returns a host as it is looked up, by the rules that net/http goes
// by when it dials: a name in Unicode becomes punycode, and digits and dots of
// other scripts become ours, so that the result may be an address. What has an
// empty part is no host.
func asciiHost(host string) (string, error) {
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

// PortRange is the ports from First to Last, both included.
type PortRange struct{ First, Last uint16 }

// UnmarshalText reads 443, or 9000-9100.
func (r *PortRange) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	first, last, isRange := strings.Cut(written, "-")
	if !isRange {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	to, errLast := strconv.ParseUint(last, 10, 16)
	if err != nil || errLast != nil || from < 1 || from > to {
		return fmt.Errorf("%q is not a port; write it as 443, or 9000-9100", written)
	}
	*r = PortRange{uint16(from), uint16(to)}
	return nil
}

// String returns the range as it is written.
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// refuses says, in words that follow "The URL", why a host and port may not be
// called whatever the address is; nothing where they may.
func (g *Guard) refuses(host, port string) string {
	name, err := asciiHost(host)
	if err != nil {
		return "has a host that is no valid name"
	}
	for _, p := range g.denied {
		if p.matches(name) {
			return fmt.Sprintf("has the host %q, which Postern refuses to call (--deny-host %s)", name, p)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "has a port outside 1 to 65535"
	}
	if len(g.ports) > 0 && !slices.ContainsFunc(g.ports, func(r PortRange) bool { return uint64(r.First) <= n && n <= uint64(r.Last) }) {
		return fmt.Sprintf("leads to port %d; Postern calls only %s (--target-ports)", n, portList(g.ports))
	}
	return ""
}

func portList(ranges []PortRange) string {
	words := make([]string, len(ranges))
	for i, r := range ranges {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}
