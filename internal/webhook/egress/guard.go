package egress

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// ConnectTimeout bounds DNS and the TCP handshake of a connection.
const ConnectTimeout = 5 * time.Second

// Guard enforces a policy. It is safe for concurrent use.
type Guard struct {
	policy Policy
	safe   *ssrf.Guardian
	// dns resolves names for connections; nil means the system's resolver.
	dns *net.Resolver
	// lookup resolves names for URL checks and for the proxy.
	lookup resolver
}

// resolver is the part of *net.Resolver that looks up addresses; tests replace
// it.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// platformAddresses are public by number, but lead into the platform that a
// machine runs on: Azure answers with a machine's secrets at this one. They are
// refused like the special-purpose ranges.
var platformAddresses = []netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}

// NewGuard returns the guard of a policy, which resolves names with the system's
// resolver.
func NewGuard(p Policy) *Guard { return NewGuardWithDNS(p, nil) }

// NewGuardWithDNS returns the guard of a policy, which resolves names with dns;
// nil means the system's resolver.
func NewGuardWithDNS(p Policy, dns *net.Resolver) *Guard {
	var v4, v6 []netip.Prefix
	for _, prefix := range p.AllowTargets {
		if prefix.Addr().Is4() {
			v4 = append(v4, prefix)
		} else {
			v6 = append(v6, prefix)
		}
	}
	g := &Guard{policy: p, dns: dns, lookup: net.DefaultResolver}
	if dns != nil {
		g.lookup = dns
	}
	g.safe = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithDeniedV4Prefixes(platformAddresses...))
	return g
}

// Policy returns the guard's policy.
func (g *Guard) Policy() Policy { return g.policy }

// RefusedError says why the policy doesn't allow a connection. Its text is a
// whole sentence for operators.
type RefusedError string

// Error returns the sentence.
func (e RefusedError) Error() string { return string(e) }

// errSpecialAddress refuses an address of a name.
const errSpecialAddress RefusedError = "The name leads to a loopback, private or special-purpose address, " +
	"which Postern calls only with --allow-target."

// AllowsAddr reports whether addr may be dialled. An IPv6 address that a gateway
// translates to an IPv4 one must be allowed as both.
func (g *Guard) AllowsAddr(addr netip.Addr) bool {
	inner, ok := translated(addr)
	return g.safe.SafeAddr(addr) == nil && (!ok || g.safe.SafeAddr(inner) == nil)
}

// translated returns the IPv4 address to which a NAT64 gateway (RFC 6052) or a
// 6to4 relay (RFC 3056) forwards packets for addr. An allowed range of such
// addresses must not lead to an IPv4 address that is refused.
func translated(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	switch {
	case ssrf.IPv6NAT64Prefix.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case binary.BigEndian.Uint16(b[:]) == 0x2002:
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// Dialer returns a dial function for http.Transport. It connects only to allowed
// targets, or to the proxy.
func (g *Guard) Dialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: ConnectTimeout, KeepAlive: 30 * time.Second, Resolver: g.dns}
	if g.policy.Proxy != nil {
		// Every connection is to the proxy, which the operator has chosen.
		// ProxyFor has checked the target.
		return d.DialContext
	}
	d.Control = g.control
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if err := g.checkTarget(host, port); err != nil {
			return nil, err
		}
		return d.DialContext(ctx, network, address)
	}
}

// control is called after DNS, before a socket is connected.
func (g *Guard) control(network, address string, c syscall.RawConn) error {
	if err := g.safe.Safe(network, address, c); err != nil {
		return errSpecialAddress
	}
	if to, err := netip.ParseAddrPort(address); err != nil || !g.AllowsAddr(to.Addr()) {
		return errSpecialAddress
	}
	return nil
}

// checkTarget returns a RefusedError if the policy refuses a host or port
// whatever its address is.
func (g *Guard) checkTarget(host, port string) error {
	if reason := g.refusedTarget(host, port); reason != "" {
		return RefusedError(reason)
	}
	return nil
}

// refusedTarget returns why a host or port is refused whatever its address is, in a
// sentence; empty if it isn't.
func (g *Guard) refusedTarget(host, port string) string {
	name, err := ASCIIHost(host)
	if err != nil {
		return "The URL has a host that is no valid name."
	}
	for _, p := range g.policy.DenyHosts {
		if p.matches(name) {
			return fmt.Sprintf("The URL has the host %q, which Postern refuses to call (--deny-host %s).", name, p)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "The URL has a port outside 1 to 65535."
	}
	inRange := func(r PortRange) bool { return uint64(r.First) <= n && n <= uint64(r.Last) }
	if ports := g.policy.Ports; len(ports) > 0 && !slices.ContainsFunc(ports, inRange) {
		return fmt.Sprintf("The URL leads to port %d; Postern calls only %s (--target-ports).", n, joinPorts(ports))
	}
	return ""
}
