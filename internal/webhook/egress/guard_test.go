package egress

import (
	"net/netip"
	"strings"
	"testing"
)

func TestGuardAllowsPublicAddressesAndNoOthers(t *testing.T) {
	t.Parallel()
	guard := NewGuard(Policy{})
	for _, host := range []string{"8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"} {
		if !guard.AllowsAddr(netip.MustParseAddr(host)) {
			t.Errorf("%s is refused", host)
		}
	}
	for _, host := range specialAddresses {
		if guard.AllowsAddr(netip.MustParseAddr(strings.Trim(host, "[]"))) {
			t.Errorf("%s is allowed", host)
		}
	}
}

func TestGuard_AllowsNoMoreThanThePolicy(t *testing.T) {
	t.Parallel()
	guard := NewGuard(Policy{AllowTargets: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}})
	for host, want := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": false, "169.254.169.254": false,
		"fd00:1::7": true, "fd00:2::7": false, "::1": false, "8.8.8.8": true,
	} {
		if got := guard.AllowsAddr(netip.MustParseAddr(host)); got != want {
			t.Errorf("%s: allowed %v, want %v", host, got, want)
		}
	}
}

// An address that a gateway translates to IPv4 is allowed only if the IPv4 address is.
func TestAllowedGatewayRangesLeadNoFurther(t *testing.T) {
	t.Parallel()
	guard := NewGuard(Policy{AllowTargets: []netip.Prefix{netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("10.1.0.0/16")}})
	for host, want := range map[string]bool{
		"64:ff9b::808:808": true, "64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b::a01:203": true, "64:ff9b::a02:203": false,
		"2002:808:808::1": true, "2002:7f00:1::": false, "2002:a01:203::": true,
	} {
		if got := guard.AllowsAddr(netip.MustParseAddr(host)); got != want {
			t.Errorf("%s: allowed %t", host, got)
		}
		err := guard.control("tcp6", "["+host+"]:443", nil)
		if (err == nil) != want {
			t.Errorf("%s at the dialer: %v", host, err)
		}
	}
}
