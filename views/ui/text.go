package ui

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxValueRunes is the largest length of an event's value in a sentence. The event's
// page has the whole value.
const MaxValueRunes = 80

// Tidy makes a readable line of a producer's text: white space and control characters
// become single spaces, characters that reorder the text around them are removed, and
// a long text is cut with an ellipsis.
func Tidy(s string) string {
	if len(s) > 4*MaxValueRunes*utf8.UTFMax {
		s = s[:4*MaxValueRunes*utf8.UTFMax]
	}
	var b strings.Builder
	space, n := false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			space = n > 0
			continue
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0xFEFF:
			continue
		}
		if n >= MaxValueRunes {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

func UpperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// SplitURL splits a webhook's URL into its host, which tells webhooks apart, and its
// path. It drops credentials.
func SplitURL(raw string) (host, path string) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw, ""
	}
	path = u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return u.Host, path
}
