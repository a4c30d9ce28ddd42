package egress

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxURLBytes is the maximum length of an endpoint's URL.
const MaxURLBytes = 2048

const unreadableURL = "The URL can't be read as a URL; write it as https://host/path."

// CheckURL returns why a URL can't be registered, in a sentence; empty if it can.
// It needs no DNS: the addresses of a name are checked when it is dialled. present
// is the endpoint's URL so far, or empty. It may stay even if it breaks the rules
// on spelling, since its receiver knows it.
func (g *Guard) CheckURL(raw, present string) string {
	u, reason := g.parseURL(raw)
	if reason != "" {
		return reason
	}
	if reason := g.checkScheme(u); reason != "" {
		return reason
	}
	if u.User != nil {
		return "The URL contains a user name or a password; leave them out, deliveries are signed instead."
	}
	if reason := checkAuthority(u); reason != "" {
		return reason
	}
	host, err := ASCIIHost(u.Hostname())
	if err != nil {
		return "The URL has a host that is no valid name."
	}
	isAddr, reason := g.checkAddress(host, strings.HasSuffix(u.Hostname(), "."))
	if reason != "" {
		return reason
	}
	if reason := g.refusedTarget(host, portOf(u)); reason != "" || raw == present {
		return reason
	}
	if !isAddr && !isName(host) {
		return "The URL has a host that is no valid name."
	}
	if path, query, _ := splitTarget(raw); strings.Contains(raw[:len(raw)-len(path)-len(query)], "%") {
		return "The URL has an escape (%…) in its host; write the name itself."
	}
	return checkEscapes(raw)
}

// parseURL parses a URL and checks its text as a whole.
func (g *Guard) parseURL(raw string) (u *url.URL, reason string) {
	switch {
	case raw == "":
		return nil, "The URL is required: the address that receives the events, such as https://example.com/webhooks/biometrics."
	case len(raw) > MaxURLBytes:
		return nil, fmt.Sprintf("The URL is longer than %d bytes.", MaxURLBytes)
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r) }):
		return nil, "The URL contains a space or a control character; encode it as in %20."
	}
	u, err := url.Parse(raw)
	switch {
	case !utf8.ValidString(raw):
		return nil, unreadableURL
	case err != nil && checkEscapes(raw) != "":
		return nil, checkEscapes(raw)
	case err != nil:
		return nil, unreadableURL
	case strings.Contains(raw, "#"):
		return nil, "The URL has a fragment (#…), which is never sent; leave it out."
	}
	return u, ""
}

func (g *Guard) checkScheme(u *url.URL) (reason string) {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && g.policy.AllowHTTP:
		return ""
	case u.Scheme == "http":
		return "The URL must begin with https://; plain http is refused unless Postern runs with --allow-http."
	case g.policy.AllowHTTP:
		return "The URL must begin with https:// or http://."
	default:
		return "The URL must begin with https://."
	}
}

// CheckScheme returns a RefusedError for a plain http URL that the policy doesn't
// allow. Endpoints that were registered while it was allowed still have one.
func (g *Guard) CheckScheme(u *url.URL) error {
	if u.Scheme != "https" && !g.policy.AllowHTTP {
		return RefusedError("The URL is plain http, which Postern calls only with --allow-http.")
	}
	return nil
}

// checkAuthority checks the form of the host and the port.
func checkAuthority(u *url.URL) (reason string) {
	if u.Hostname() == "" || u.Opaque != "" {
		return "The URL has no host; write it as https://host/path."
	}
	if strings.HasSuffix(u.Host, ":") {
		return "The URL has a colon but no port after the host."
	}
	if n, err := strconv.Atoi(portOf(u)); err != nil || n < 1 || n > 65535 {
		return "The URL has a port outside 1 to 65535."
	}
	return ""
}

// checkAddress checks a host that is an address, or that a resolver could read as
// one. IPv4 in IPv6 is checked as IPv4, since it is dialled as IPv4.
func (g *Guard) checkAddress(host string, endsInDot bool) (isAddr bool, reason string) {
	addr, err := netip.ParseAddr(host)
	isAddr = err == nil
	zone := addr.Zone() // Unmap drops it
	addr = addr.Unmap()
	switch {
	case isAddr && endsInDot, !isAddr && endsInNumber(host):
		return isAddr, "The URL has a host that reads as a number; write an address in full, as in https://203.0.113.7/."
	case zone != "":
		return isAddr, "The URL has an address with a zone, which Postern doesn't call; leave out what follows the %."
	case isAddr && !g.AllowsAddr(addr):
		return isAddr, fmt.Sprintf("The host %s is a loopback, private or special-purpose address, which Postern doesn't call"+
			" unless it runs with --allow-target (such as --allow-target %s).", addr, targetsFor(addr))
	}
	return isAddr, ""
}

// targetsFor returns the value of --allow-target that allows an address.
func targetsFor(addr netip.Addr) string {
	prefix := netip.PrefixFrom(addr, addr.BitLen()).String()
	if inner, ok := translated(addr); ok {
		return prefix + "," + targetsFor(inner)
	}
	return prefix
}
