package egress

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// names is a name server of a test's.
type names map[string][]string

func (n names) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	if host == "slow.example" {
		<-ctx.Done()
		return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: true}
	}
	addrs := make([]netip.Addr, 0, len(n[host]))
	for _, text := range n[host] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func TestCheckingAURLSaysWhereItLeads(t *testing.T) {
	t.Parallel()
	guard := NewGuard(Policy{AllowHTTP: true, AllowTargets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	guard.lookup = names{
		"public.example":  {"203.0.114.7", "2600::7", "203.0.114.7"},
		"private.example": {"10.1.2.3"},
		"both.example":    {"::ffff:10.1.2.3", "203.0.114.7"},
		"many.example":    {"203.0.114.1", "203.0.114.2", "203.0.114.3", "203.0.114.4", "203.0.114.5", "10.0.0.1"},
	}
	check := func(raw string) Lookup { return guard.Lookup(t.Context(), raw) }

	if c := check("https://public.example/in"); c.Wrong+c.Problem != "" || c.Host != "public.example" || len(c.Addresses) != 2 ||
		len(c.Refused) != 0 || c.Plain || c.More != 0 {
		t.Errorf("a public name: %+v", c)
	}
	if c := check("http://private.example/in"); len(c.Refused) != 1 || c.Refused[0].String() != "10.1.2.3" || !c.Plain {
		t.Errorf("a private name: %+v", c)
	}
	if c := check("https://both.example/in"); len(c.Addresses) != 2 || len(c.Refused) != 1 || c.Refused[0].String() != "10.1.2.3" {
		t.Errorf("a name of both: %+v", c)
	}
	if c := check("https://many.example/in"); len(c.Addresses) != 4 || c.More != 2 || len(c.Refused) != 1 {
		t.Errorf("a name of many: %+v", c)
	}
	if c := check("https://nowhere.example/in"); !strings.Contains(c.Problem, `"nowhere.example" could not be resolved`) {
		t.Errorf("a name of nothing: %+v", c)
	}
	// Loopback is allowed here.
	if c := check("http://127.0.0.1:1/in"); c.Wrong != "" || len(c.Addresses) != 1 || len(c.Refused) != 0 {
		t.Errorf("an address: %+v", c)
	}
	// URLs that registration refuses are refused alike, and no name server is asked.
	guard.lookup = nil
	for _, raw := range []string{"", "ftp://example.com/", "https://example.com/#x", "https://10.0.0.1/", "https://user@example.com/"} {
		refusal := guard.CheckURL(raw, "")
		if c := check(raw); c.Wrong == "" || c.Wrong != refusal {
			t.Errorf("%q: %+v, registering says %v", raw, c, refusal)
		}
	}
}

func TestCheckingAURLTakesBoundedTime(t *testing.T) {
	t.Parallel()
	guard := NewGuard(Policy{})
	guard.lookup = names{}
	began := time.Now()
	c := guard.Lookup(t.Context(), "https://slow.example/")
	if took := time.Since(began); !strings.Contains(c.Problem, "did not answer in time") || took > 10*time.Second {
		t.Errorf("after %v: %+v", took, c)
	}
}
