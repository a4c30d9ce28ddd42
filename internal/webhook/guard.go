package webhook

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// Guard decides what may be dialled: addresses, names and ports. It is asked
// at the dialer, of addresses after DNS, and on every connection, so that a
// name which changes its address gains nothing.
type Guard struct {
	safe *ssrf.Guardian
	// httpsOnly refuses plain http, also to endpoints that were registered
	// when it was allowed.
	httpsOnly bool
	denied    []HostPattern
	ports     []PortRange // none means all
	// proxy is what deliveries go through, if they do.
	proxy *Proxy
	// resolver finds addresses; nil means the system's.
	resolver *net.Resolver
}

// platformAddresses are public by number, but lead into the platform that a
// machine runs on: Azure answers with a machine's secrets at this one. They
// are refused like the special-purpose ranges.
var platformAddresses = []netip.Prefix{netip.MustParsePrefix("168.63.129.16/32")}

// NewGuard refuses every special-purpose range but for those allowed. Any
// port is fine: receivers inside a site rarely have 443.
func NewGuard(allowed []netip.Prefix) *Guard {
	var v4, v6 []netip.Prefix
	for _, p := range allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return &Guard{safe: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...),
		ssrf.WithDeniedV4Prefixes(platformAddresses...))}
}

// Allows reports whether addr may be dialled. An IPv6 address that a gateway
// turns into an IPv4 one must be allowed as both.
func (g *Guard) Allows(addr netip.Addr) bool {
	inner, ok := translated(addr)
	return g.safe.SafeAddr(addr) == nil && (!ok || g.safe.SafeAddr(inner) == nil)
}

// translated returns the IPv4 address that a NAT64 gateway (RFC 6052) or a
// 6to4 relay (RFC 3056) sends what is for addr on to. Both are refused unless
// they are allowed, and then must not lead where IPv4 may not.
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

// dialer opens connections to what the guard allows, or to the proxy.
func (g *Guard) dialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second, Resolver: g.resolver}
	if g.proxy != nil {
		// Every connection is to the proxy, which its owner has chosen; what
		// it is asked for has been checked.
		return d.DialContext
	}
	d.Control = g.control
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if words := g.refuses(host, port); words != "" {
			return nil, refused("The URL " + words + ".")
		}
		return d.DialContext(ctx, network, address)
	}
}

// control is asked when a socket is about to be connected.
func (g *Guard) control(network, address string, c syscall.RawConn) error {
	if err := g.safe.Safe(network, address, c); err != nil {
		return err
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.Allows(to.Addr()) {
		return fmt.Errorf("%w: %s", ssrf.ErrProhibitedIP, address)
	}
	return nil
}

// refused is why the guard's owner doesn't want something dialled, as a
// sentence.
type refused string

// Error returns the sentence.
func (r refused) Error() string { return string(r) }
