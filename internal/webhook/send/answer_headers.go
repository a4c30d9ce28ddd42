package send

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"postern/internal/delivery"
)

// Limits of the headers of an answer that are stored with its attempt.
const (
	MaxAnswerHeaders     = 32
	MaxAnswerHeaderBytes = 2 << 10 // names and values of all
	maxHeaderValue       = 256     // bytes of one value
)

// hiddenValue stands in place of a value that may be a secret, or name a person.
const hiddenValue = "[hidden]"

// answerHeaders returns an answer's headers, sorted by name, bounded and without
// secrets, and how many more there are.
func answerHeaders(header http.Header) (kept []delivery.Header, leftOut int) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	size := 0
	for _, name := range names {
		for _, value := range header[name] {
			h := delivery.Header{Name: headerText(name), Value: shownValue(name, value)}
			if len(kept) == MaxAnswerHeaders || size+len(h.Name)+len(h.Value) > MaxAnswerHeaderBytes {
				leftOut++
				continue
			}
			kept = append(kept, h)
			size += len(h.Name) + len(h.Value)
		}
	}
	return kept, leftOut
}

// secretWords are parts of the names of headers that carry credentials, sessions and
// people.
var secretWords = []string{
	"cookie", "auth", "token", "secret", "password", "passwd", "session", "api-key", "apikey", "credential", "signature", "csrf", "xsrf",
	"jwt", "user", "email", "client-cert", "forwarded", "real-ip", "access-key", "private",
}

// shownValue is a header's value as it is stored.
func shownValue(name, value string) string {
	lower := strings.ToLower(name)
	if lower == "www-authenticate" || lower == "proxy-authenticate" {
		scheme, rest, more := strings.Cut(value, " ")
		if more && rest != "" {
			scheme += " " + hiddenValue // a challenge may carry a token
		}
		return headerText(scheme)
	}
	if value != "" && slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(lower, word) }) {
		return hiddenValue
	}
	switch lower {
	case "location", "content-location", "link", "refresh":
		value = withoutQuery(value)
	}
	if strings.Contains(value, delivery.SecretPrefix) {
		return hiddenValue
	}
	return headerText(value)
}

// withoutQuery is a URL without its user, query and fragment, which may carry tokens.
// A text that isn't a URL is cut at the first mark of one of them.
func withoutQuery(value string) string {
	if u, err := url.Parse(value); err == nil {
		u.User, u.Fragment, u.RawFragment = nil, "", ""
		if u.RawQuery != "" || u.ForceQuery {
			u.RawQuery, u.ForceQuery = "", false
			return u.String() + "?" + hiddenValue
		}
		return u.String()
	}
	if at := strings.IndexAny(value, "?#@"); at >= 0 {
		return value[:at] + hiddenValue
	}
	return value
}

// headerText is a name or a value as text of at most maxHeaderValue bytes and one
// line.
func headerText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) > maxHeaderValue {
		s = cutText(s, maxHeaderValue-len("…")) + "…"
	}
	return s
}
