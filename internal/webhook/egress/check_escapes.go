package egress

import (
	"fmt"
	"slices"
	"strings"
)

// maxNamedCharacters is the maximum number of invalid characters that a refusal
// names.
const maxNamedCharacters = 5

// splitTarget returns a URL's path and query as they are written; either may be
// empty. hasQuery reports whether there is a question mark.
func splitTarget(raw string) (path, query string, hasQuery bool) {
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

// checkEscapes returns why the path or query of a URL is refused; empty if
// neither is. Both are sent byte for byte, so they may contain only characters
// that RFC 3986 allows and every receiver can read. Square brackets in a query
// are allowed too: many senders write them, and receivers read them.
func checkEscapes(raw string) string {
	path, query, _ := splitTarget(raw)
	for _, part := range []struct{ name, text, also string }{{"path", path, ""}, {"query", query, "?[]"}} {
		if strings.Contains(part.text, "%") && !escapesAreWhole(part.text) {
			return fmt.Sprintf("The URL has a %% in its %s without two hexadecimal digits after it; write the character %% as %%25.", part.name)
		}
		var named, encoded []string
		more := false
		for _, r := range part.text {
			c := string(r)
			switch {
			case isTargetByte(r) || strings.ContainsRune(part.also, r) || slices.Contains(named, c):
			case len(named) == maxNamedCharacters:
				more = true
			default:
				named, encoded = append(named, c), append(encoded, percentEncoded(c))
			}
		}
		if len(named) > 0 {
			reason := fmt.Sprintf("The URL has %s in its %s, which must be escaped; write %s", strings.Join(named, " "), part.name,
				strings.Join(encoded, " "))
			if more {
				reason += ", and escape the others in the same way"
			}
			return reason + "."
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
