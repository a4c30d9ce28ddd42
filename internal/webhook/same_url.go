package webhook

import (
	"net/url"
	"strings"

	"postern/internal/delivery"
)

// SameURL returns the webhooks, other than a given one, that already have an
// equivalent URL.
func (s *Service) SameURL(raw, except string) []*delivery.Endpoint {
	sought := comparableURL(raw)
	var same []*delivery.Endpoint
	for _, e := range s.Endpoints() {
		if e.ID != except && comparableURL(e.URL) == sought {
			same = append(same, e)
		}
	}
	return same
}

// comparableURL is a URL in a normal form, in which equivalent URLs are equal
// (RFC 3986, section 6.2): the scheme and the host aren't case-sensitive, a
// scheme's own port and an empty path may be left out.
func comparableURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
