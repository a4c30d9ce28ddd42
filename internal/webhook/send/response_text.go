package send

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// text converts the beginning of a body to text that can be stored and shown,
// at most MaxResponseText bytes. header names its compression and charset.
func (b *responseBody) text(header http.Header) string {
	content, whole := b.head, int64(len(b.head)) == b.size && b.whole
	if encoding := strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding"))); encoding != "" {
		if plain, all, ok := decompress(content, encoding); ok { // otherwise the header is wrong
			content, whole = plain, whole && all
		}
	}
	text, ok := decodeText(content, header.Get("Content-Type"), whole)
	switch {
	case ok:
		return cutText(strings.TrimPrefix(text, "\ufeff"), MaxResponseText)
	case b.whole:
		return fmt.Sprintf("[binary, %d bytes]", b.size)
	default:
		return fmt.Sprintf("[binary, more than %d bytes]", b.size)
	}
}

// decompress returns the beginning of a compressed body, and reads at most
// MaxResponseText bytes of its expansion. ok is false where nothing can be read.
func decompress(body []byte, encoding string) (content []byte, whole, ok bool) {
	var r io.Reader
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		// Some senders leave out the zlib header.
		if r, err = zlib.NewReader(bytes.NewReader(body)); errors.Is(err, zlib.ErrHeader) {
			r, err = flate.NewReader(bytes.NewReader(body)), nil
		}
	default:
		return nil, false, false
	}
	if err != nil {
		return nil, false, false
	}
	content, err = io.ReadAll(io.LimitReader(r, MaxResponseText))
	return content, err == nil && len(content) < MaxResponseText, err == nil || len(content) > 0
}

// decodeText converts bytes to UTF-8 by the charset of a Content-Type, or else
// by a guess. ok is false for binary data. whole means that the end wasn't cut
// off.
func decodeText(b []byte, contentType string, whole bool) (text string, ok bool) {
	_, params, _ := mime.ParseMediaType(contentType)
	declared := params["charset"]
	if declared == "" && !bytes.HasPrefix(b, []byte("\xfe\xff")) && !bytes.HasPrefix(b, []byte("\xff\xfe")) {
		if end := validEnd(b, whole); utf8.Valid(b[:end]) {
			text = string(b[:end])
			return text, isText(text)
		}
	}
	encoding, name, _ := charset.DetermineEncoding(b, contentType)
	decoded, err := encoding.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	text = strings.ToValidUTF8(string(decoded), "\uFFFD")
	if !whole {
		text = strings.TrimRight(text, "\uFFFD") // a character that was cut through
	}
	if declared == "" && name == "windows-1252" {
		return text, mostlyASCII(b) // a guess: any bytes are valid in it
	}
	return text, isText(text)
}

// validEnd returns where to end b so that a character at its end isn't cut
// through.
func validEnd(b []byte, whole bool) int {
	if whole {
		return len(b)
	}
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return len(b) - n
			}
			break
		}
	}
	return len(b)
}

// isText reports whether a text has almost no unprintable characters.
func isText(text string) bool {
	odd, all := 0, 0
	for _, r := range text {
		all++
		if r == 0 {
			return false // no text has one
		}
		if r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\n\r\f\x1b", r) {
			odd++
		}
	}
	return odd*10 <= all
}

// mostlyASCII reports whether at least two thirds of the bytes are printable
// ASCII.
func mostlyASCII(b []byte) bool {
	printable := 0
	for _, c := range b {
		switch {
		case c >= ' ' && c < 0x7f, c == '\t', c == '\n', c == '\r':
			printable++
		case c < ' ', c == 0x7f:
			return false
		}
	}
	return printable*3 >= len(b)*2
}

// cutText returns at most n bytes of a text, without cutting through a
// character.
func cutText(text string, n int) string {
	n = min(len(text), n)
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
