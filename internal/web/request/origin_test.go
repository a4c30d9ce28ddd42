package request

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestOriginsOfOneSiteAreEqualHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme, host, origin string
		same                 bool
	}{
		{"https", "postern.example", "https://postern.example", true},
		{"https", "postern.example:443", "https://postern.example", true},
		{"https", "postern.example", "https://postern.example:443", true},
		{"https", "postern.example:", "https://postern.example", true},
		{"http", "postern.example:80", "http://postern.example", true},
		{"http", "postern.example:0080", "http://postern.example", true},
		{"https", "postern.example:8443", "https://postern.example:8443", true},
		{"https", "POSTERN.Example", "https://postern.example", true},
		{"https", "postern.example", "HTTPS://Postern.EXAMPLE", true},
		{"https", "postern.example.", "https://postern.example", true},
		{"https", "postern.example.:443", "https://postern.example", true},
		{"https", "bücher.example", "https://xn--bcher-kva.example", true},
		{"https", "xn--bcher-kva.example", "https://BÜCHER.example", true},
		{"http", "my_service:8000", "http://my_service:8000", true},
		{"http", "My_Service:8000", "http://my_service:8000", true},
		{"http", "[::1]:8000", "http://[0:0:0:0:0:0:0:1]:8000", true},
		{"https", "[2001:DB8::1]:443", "https://[2001:db8:0::1]", true},
		{"http", "10.0.0.7:8000", "http://10.0.0.7:8000", true},

		{"https", "postern.example", "http://postern.example", false},
		{"http", "postern.example:443", "https://postern.example", false},
		{"https", "postern.example:80", "https://postern.example", false},
		{"https", "postern.example", "https://postern.example:8443", false},
		{"https", "postern.example", "https://postern.example.evil.example", false},
		{"https", "postern.example", "https://evil-postern.example", false},
		{"https", "postern.example", "https://postern.example@evil.example", false},
		{"https", "postern.example", "https://evil.example/postern.example", false},
		{"https", "postern.example", "https://postern.example/", false},
		{"https", "postern.example", "https://postern.example#", false},
		{"https", "postern.example", "https://postern.example, https://evil.example", false},
		{"https", "postern.example", "null", false},
		{"https", "\ufffd.example", "https://\xc5.example", false},
		{"https", "xn--zn7c", "https://.\xc5", false},
		{"https", "postern.example", "https://postern.example..", false},
		{"https", "postern.example", "https://", false},
		{"https", "postern.example", "postern.example", false},
		{"https", "postern.example", "ftp://postern.example", false},
		{"https", "postern.example", "https://postern..example", false},
		{"http", "[::1]:8000", "http://::1:8000", false},
		{"http", "[::1]", "http://[::1%lo]", false},
		{"http", "127.0.0.1", "http://[::ffff:127.0.0.1]", false},
		{"http", "127.0.0.1:8000", "http://127.0.0.1:80000", false},
		{"http", "127.0.0.1:0", "http://127.0.0.1:0", false},
		{"http", "127.0.0.1", "http://127.0.0.1:+80", false},
	} {
		own, ok := originOf(c.scheme, c.host)
		if !ok {
			if c.same {
				t.Errorf("%s isn't read", c.host)
			}
			continue
		}
		if from, ok := ParseOrigin(c.origin); (ok && from == own) != c.same {
			t.Errorf("Origin %s for %s://%s: %+v and %+v (%t), want the same: %t", c.origin, c.scheme, c.host, from, own, ok, c.same)
		}
	}
	for text, want := range map[string]string{"HTTPS://A.example.:443": "https://a.example", "http://[::1]:8000": "http://[::1]:8000",
		"http://h:443": "http://h:443"} {
		if o, ok := ParseOrigin(text); !ok || o.String() != want {
			t.Errorf("%s is written as %s", text, o)
		}
	}
}

// FuzzOrigin reads Host and Origin headers: a DNS rebinding page must not get
// two origins confused.
func FuzzOrigin(f *testing.F) {
	for _, host := range []string{"localhost:8000", "127.0.0.1", "[::1]:8000", "127.0.0.1.example", "::1", "[::1%lo]", "localhost.",
		"127.0.0.1:8000@x", "bücher.example", "a_b"} {
		f.Add(host, "http://"+host)
	}
	f.Fuzz(func(t *testing.T, host, text string) {
		own, ok := originOf("http", host)
		if ok {
			if again, ok := ParseOrigin(own.String()); !ok || again != own {
				t.Errorf("%q is written as %s, and read from that as %+v", host, own, again)
			}
			// The host as a browser would read it in a URL.
			u, err := url.Parse("http://" + host)
			if err != nil && own.IsLoopback() && isASCII(host) {
				t.Errorf("%q is taken for this machine, and is in no address", host)
			}
			if own.IsLoopback() && isASCII(host) { // browsers map other digits to ASCII ones
				name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
				if addr, err := netip.ParseAddr(name); name != "localhost" && (err != nil || !addr.IsLoopback()) {
					t.Errorf("%q is taken for this machine", host)
				}
			}
		}
		if from, ok := ParseOrigin(text); ok && from.scheme != "http" && from.scheme != "https" {
			t.Errorf("%q is an origin", text)
		}
	})
}
