package send

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/delivery"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func compressed(t *testing.T, text string, to func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var out bytes.Buffer
	w, err := to(&out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func asGzip(w io.Writer) (io.WriteCloser, error)    { return gzip.NewWriter(w), nil }
func asZlib(w io.Writer) (io.WriteCloser, error)    { return zlib.NewWriter(w), nil }
func asDeflate(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }

func inCharset(t *testing.T, text string, e encoding.Encoding) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestResponseText_OfAllForms(t *testing.T) {
	t.Parallel()
	const german, japan = "Ungültige Größe: für diesen Mandanten nicht möglich", "テナントが見つかりません。管理者に連絡してください。"
	long := strings.Repeat("no such tenant. ", 4096)
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00\\r\xa8f"
	for name, tc := range map[string]struct{ contentType, contentEncoding, body, want string }{
		"plain":                    {"text/plain", "", "no such tenant", "no such tenant"},
		"identity":                 {"text/plain", "identity", "no such tenant", "no such tenant"},
		"no type":                  {"", "", german, german},
		"UTF-8":                    {"application/json; charset=utf-8", "", `{"error":"` + japan + `"}`, `{"error":"` + japan + `"}`},
		"UTF-8 with a mark":        {"text/plain", "", "\ufeff" + german, german},
		"gzip":                     {"application/json", "gzip", compressed(t, `{"error":"no tenant"}`, asGzip), `{"error":"no tenant"}`},
		"x-gzip":                   {"application/json", "X-GZIP", compressed(t, german, asGzip), german},
		"deflate":                  {"text/plain", "deflate", compressed(t, german, asZlib), german},
		"deflate without a header": {"text/plain", "deflate", compressed(t, german, asDeflate), german},
		"gzip that says it":        {"text/plain", "gzip", "no such tenant", "no such tenant"}, // and isn't
		"gzip of a whole page":     {"text/html", "gzip", compressed(t, long, asGzip), long[:MaxResponseText]},
		"gzip of a flood": {"text/plain", "gzip", compressed(t, strings.Repeat("x", 64<<20), asGzip),
			strings.Repeat("x", MaxResponseText)},
		"gzip cut off": {"text/plain", "gzip",
			compressed(t, long, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.NoCompression) }), ""},
		"gzip of Shift-JIS": {"text/plain; charset=Shift_JIS", "gzip",
			compressed(t, inCharset(t, japan, japanese.ShiftJIS), asGzip), japan},
		"gzip without its name":     {"text/plain", "", compressed(t, long, asGzip), "[binary, "},
		"brotli":                    {"text/plain", "br", "\x0b\x02\x80\x00\x01\x02hello\x03", "[binary, 12 bytes]"},
		"Latin-1":                   {"text/plain; charset=ISO-8859-1", "", inCharset(t, german, charmap.ISO8859_1), german},
		"Latin-1 without its name":  {"text/plain", "", inCharset(t, german, charmap.ISO8859_1), german},
		"Windows-1252":              {"text/html; charset=windows-1252", "", inCharset(t, "5 € — “no”", charmap.Windows1252), "5 € — “no”"},
		"Cyrillic":                  {"text/plain; charset=windows-1251", "", inCharset(t, "Не найдено", charmap.Windows1251), "Не найдено"},
		"Shift-JIS":                 {"text/plain; charset=Shift_JIS", "", inCharset(t, japan, japanese.ShiftJIS), japan},
		"Shift-JIS by another name": {`text/plain; charset="sjis"`, "", inCharset(t, japan, japanese.ShiftJIS), japan},
		"Shift-JIS by its page": {"text/html", "", `<meta charset="shift_jis">` + inCharset(t, japan, japanese.ShiftJIS),
			`<meta charset="shift_jis">` + japan},
		"EUC-JP": {"text/plain; charset=euc-jp", "", inCharset(t, japan, japanese.EUCJP), japan},
		"GBK":    {"text/plain; charset=gb2312", "", inCharset(t, "没有找到", simplifiedchinese.GBK), "没有找到"},
		"EUC-KR": {"text/plain; charset=euc-kr", "", inCharset(t, "찾을 수 없음", korean.EUCKR), "찾을 수 없음"},
		"UTF-16": {"text/plain; charset=utf-16le", "",
			inCharset(t, german, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)), german},
		"UTF-16 by its mark":          {"text/plain", "", inCharset(t, german, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)), german},
		"a charset that nobody knows": {"text/plain; charset=klingon", "", "no such tenant", "no such tenant"},
		"UTF-8 that isn't quite": {"application/json; charset=utf-8", "", `{"label": "caf` + "\xe9" + `"}`,
			`{"label": "caf` + "\uFFFD" + `"}`},
		"cut through a character": {"text/plain", "", strings.Repeat("é", MaxResponseText), strings.Repeat("é", MaxResponseText/2)},
		"cut through Shift-JIS": {"text/plain; charset=Shift_JIS", "",
			"x" + inCharset(t, strings.Repeat("あ", MaxResponseText), japanese.ShiftJIS), "x" + strings.Repeat("あ", MaxResponseText/3)},
		"a picture":                {"image/png", "", png, "[binary, 33 bytes]"},
		"a picture that says text": {"text/plain; charset=utf-8", "", png, "[binary, 33 bytes]"},
		"a picture in Latin-1":     {"text/plain; charset=latin1", "", png, "[binary, 33 bytes]"},
		"zeros":                    {"", "", strings.Repeat("\x00", 10), "[binary, 10 bytes]"},
		"a large file":             {"application/octet-stream", "", strings.Repeat("\x00\xff", 5000), "[binary, 10000 bytes]"},
		"an endless file":          {"application/octet-stream", "", strings.Repeat("\x00\xff", 50000), "[binary, more than 65536 bytes]"},
		"colours of a terminal":    {"text/plain", "", "\x1b[31mno such tenant\x1b[0m", "\x1b[31mno such tenant\x1b[0m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				for header, value := range map[string]string{"Content-Type": tc.contentType, "Content-Encoding": tc.contentEncoding} {
					if value != "" {
						w.Header().Set(header, value)
					}
				}
				w.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = io.WriteString(w, tc.body)
			})
			r := sendTo(t, c)
			if r.Class != delivery.ClassStatus || len(r.Response) > MaxResponseText || !utf8.ValidString(r.Response) {
				t.Fatalf("class %q, %d bytes", r.Class, len(r.Response))
			}
			switch {
			case tc.want == "": // the beginning of it
				if !strings.HasPrefix(long, r.Response) || len(r.Response) < MaxResponseText/2 {
					t.Errorf("shown as %.100q", r.Response)
				}
			case tc.want == "[binary, ":
				if !strings.HasPrefix(r.Response, tc.want) {
					t.Errorf("shown as %.100q", r.Response)
				}
			case r.Response != tc.want:
				t.Errorf("shown as %.100q (%d bytes), want %.100q (%d bytes)", r.Response, len(r.Response), tc.want, len(tc.want))
			}
		})
	}
}

func FuzzResponseText(f *testing.F) {
	f.Add([]byte("no such tenant"), "text/plain", "", true)
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), "text/plain; charset=shift_jis", "gzip", false)
	f.Add([]byte("\xff\xfea\x00"), "text/plain; charset=utf-16", "deflate", true)
	f.Fuzz(func(t *testing.T, body []byte, contentType, contentEncoding string, whole bool) {
		head := body[:min(len(body), MaxResponseText)]
		b := responseBody{head: head, size: int64(len(body)), whole: whole}
		text := b.text(http.Header{"Content-Type": {contentType}, "Content-Encoding": {contentEncoding}})
		if len(text) > MaxResponseText || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("%d bytes: %q", len(text), text)
		}
	})
}
