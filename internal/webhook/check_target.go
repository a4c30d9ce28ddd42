package webhook

import (
	"fmt"
	"slices"
	"strings"
)

// maxToldCharacters limits the invalid characters that a refusal names.
const maxToldCharacters = 5

// targetOf returns a URL's path and query in their original form; either is
// empty where it is missing. hasQuery reports whether there is a question mark.
func targetOf(raw string) (path, query string, hasQuery bool) {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return "", "", false
	}
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		return "", "", false
	}
	rest, _, _ = strings.Cut(rest[at:], "#")
	return strings.Cut(rest, "?")
}

// checkTarget returns the error in the path and query of a URL, or "". Both are
// sent byte for byte, so they may contain only characters that RFC 3986 allows
// and every receiver can read. Square brackets in a query are accepted too:
// many senders write them, and receivers read them.
func checkTarget(raw string) string {
	path, query, _ := targetOf(raw)
	for _, part := range []struct{ name, text, also string }{{"path", path, ""}, {"query", query, "?[]"}} {
		if strings.Contains(part.text, "%") && !escapesAreWhole(part.text) {
			return fmt.Sprintf("has a %% in its %s without two hexadecimal digits after it; write the character %% as %%25", part.name)
		}
		var told, encoded []string
		more := false
		for _, r := range part.text {
			c := string(r)
			switch {
			case isTargetByte(r) || strings.ContainsRune(part.also, r) || slices.Contains(told, c):
			case len(told) == maxToldCharacters:
				more = true
			default:
				told, encoded = append(told, c), append(encoded, percentEncoded(c))
			}
		}
		if len(told) > 0 {
			words := fmt.Sprintf("has %s in its %s, which must be escaped; write %s", strings.Join(told, " "), part.name, strings.Join(encoded, " "))
			if more {
				words += ", and escape the others in the same way"
			}
			return words
		}
	}
	return ""
}

// isTargetByte reports whether a character may stand in a path: RFC 3986's
// pchar, the slash, and the percent sign of an escape.
func isTargetByte(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~!$&'()*+,;=:@/%", r)
}

// escapesAreWhole reports whether two hexadecimal digits follow each percent
// sign.
func escapesAreWhole(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// percentEncoded writes all bytes of a text as escapes.
func percentEncoded(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// isName reports whether a host in its DNS form has only the characters of
// names.
func isName(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r))
	})
}
