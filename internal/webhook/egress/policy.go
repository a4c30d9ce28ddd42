package egress

import "net/netip"

// Policy says what may be called. The zero value allows https to public
// addresses, on any port.
type Policy struct {
	// AllowHTTP allows plain http. Without it, plain http is refused even for
	// endpoints that were registered while it was allowed.
	AllowHTTP bool
	// AllowTargets are loopback, private or special-purpose ranges that may be
	// called nevertheless.
	AllowTargets []netip.Prefix
	// DenyHosts are names that are refused, whatever their addresses are.
	DenyHosts []HostPattern
	// Ports are the only ports that may be called; none means any, since
	// receivers inside a site rarely use 443.
	Ports []PortRange
	// Proxy is the HTTP proxy for all deliveries; nil means none. The proxy
	// variables of the environment are never used.
	Proxy *Proxy
}
