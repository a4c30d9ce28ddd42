package webhook

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAnExchangeIsToldAsItWasSent(t *testing.T) {
	t.Parallel()
	receiver := newSink(t)
	s := startSite(t, t.TempDir(), nil)
	e := s.register(receiver.URL+"/in?site=1", "whsec_your_signing_secret", "*")
	published := s.publish("face_matched")[0]
	got := receiver.next(t, 1)[0]
	waitFor(t, func() bool { return len(s.attempts(e.ID)) == 1 })
	x, err := s.service.Exchange(t.Context(), e.ID, s.attempts(e.ID)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if x.Method != got.method || x.URL != receiver.URL+"/in?site=1" || x.Moved || string(x.Event.JSON()) != string(got.body) || x.Event.ID != published.ID {
		t.Errorf("the exchange is %+v", x)
	}
	// Every header that arrived is told, and no other; a signature only as
	// what it is made of.
	told := make(map[string]string)
	for _, h := range x.Headers {
		told[strings.ToLower(h.Name)] = h.Value
		if h.Value == "" && !strings.Contains(h.Means, "HMAC-SHA256") {
			t.Errorf("%s has no value and no meaning", h.Name)
		}
		for _, text := range []string{h.Value, h.Means} {
			if strings.Contains(text, "whsec_") {
				t.Errorf("%s shows the secret", h.Name)
			}
		}
	}
	got.header.Set("Host", got.host)
	for name := range got.header {
		value, ok := told[strings.ToLower(name)]
		delete(told, strings.ToLower(name))
		signature := name == headerSignature || name == headerWebhookSignatures
		if !ok || !signature && value != got.header.Get(name) || signature && value != "" {
			t.Errorf("%s was %q, told as %q", name, got.header.Get(name), value)
		}
	}
	for name := range told {
		t.Errorf("%s is told, but wasn't sent", name)
	}

	url := receiver.URL + "/elsewhere"
	if _, err := s.service.Change(t.Context(), e.ID, Change{URL: &url}); err != nil {
		t.Fatal(err)
	}
	if x, err = s.service.Exchange(t.Context(), e.ID, x.Attempt.ID); err != nil || !x.Moved {
		t.Errorf("after a change it is %+v, %v", x, err)
	}
	for _, id := range []string{"", "at_", "at_1", "at_1_", "at_01_0", "at_1_00", "at_-1_0", "at_1_1", "at_99_0", "1_0", "at_1_0 "} {
		if _, err := s.service.Exchange(t.Context(), e.ID, id); !errors.Is(err, ErrNoAttempt) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := s.service.Exchange(t.Context(), "wh_none", x.Attempt.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no webhook: %v", err)
	}
}

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
	s := openSite(t, t.TempDir(), nil)
	s.service.resolver = names{
		"public.example":  {"203.0.114.7", "2600::7", "203.0.114.7"},
		"private.example": {"10.1.2.3"},
		"both.example":    {"::ffff:10.1.2.3", "203.0.114.7"},
		"many.example":    {"203.0.114.1", "203.0.114.2", "203.0.114.3", "203.0.114.4", "203.0.114.5", "10.0.0.1"},
	}
	check := func(raw string) URLCheck { return s.service.CheckURL(t.Context(), raw) }

	if c := check("https://public.example/in"); c.Wrong+c.Problem != "" || c.Host != "public.example" || len(c.Addresses) != 2 || len(c.Refused) != 0 || c.Plain || c.More != 0 {
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
	// What registering refuses is refused alike, and no name server is asked.
	s.service.resolver = nil
	for _, raw := range []string{"", "ftp://example.com/", "https://example.com/#x", "https://10.0.0.1/", "https://user@example.com/"} {
		_, err := s.service.rules.check(raw, []string{"*"}, "", &Settings{})
		if c := check(raw); c.Wrong == "" || err == nil || !strings.Contains(err.Error(), c.Wrong) {
			t.Errorf("%q: %+v, registering says %v", raw, c, err)
		}
	}
}

func TestCheckingAURLTakesBoundedTime(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	s.service.resolver = names{}
	began := time.Now()
	c := s.service.CheckURL(t.Context(), "https://slow.example/")
	if took := time.Since(began); !strings.Contains(c.Problem, "did not answer in time") || took > tooLong {
		t.Errorf("after %v: %+v", took, c)
	}
}
