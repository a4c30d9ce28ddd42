package webhook

import (
	"net/netip"

	"code.dny.dev/ssrf"
)

// Guard decides which addresses may be dialled. It is asked at the dialer,
// after DNS and on every connection, so that a name which changes its address
// gains nothing.
type Guard struct {
	safe *ssrf.Guardian
	// httpsOnly refuses plain http, also to endpoints that were registered
	// when it was allowed.
	httpsOnly bool
}

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
	return &Guard{safe: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// Allows reports whether addr may be dialled.
func (g *Guard) Allows(addr netip.Addr) bool {
	network := "tcp6"
	if addr.Is4() {
		network = "tcp4"
	}
	return g.safe.Safe(network, netip.AddrPortFrom(addr, 443).String(), nil) == nil
}
