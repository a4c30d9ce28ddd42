package send

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"postern/internal/webhook/webhooktest"

	"postern/internal/delivery"
)

// answering returns a client of a receiver that answers with f.
func answering(t *testing.T, f http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return clientFor(t, server.URL)
}

func TestOnly2xxIsSuccess(t *testing.T) {
	t.Parallel()
	var code atomic.Int32
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(code.Load())) })
	for _, status := range []int{200, 201, 202, 204, 206, 226, 299,
		300, 301, 302, 303, 304, 307, 308, 399, 400, 401, 403, 404, 408, 409, 410, 413, 422, 429, 499, 500, 501, 502, 503, 504, 599, 600, 999} {
		code.Store(int32(status))
		r := sendTo(t, c)
		switch ok := status >= 200 && status <= 299; {
		case r.Status != status:
			t.Errorf("an answer of %d is noted as %d", status, r.Status)
		case ok && (r.Class != delivery.ClassNone || r.Detail != ""):
			t.Errorf("%d counts as a failure: %v, %q", status, r.Class, r.Detail)
		case !ok && (r.Class != delivery.ClassStatus || !strings.Contains(r.Detail, strconv.Itoa(status))):
			t.Errorf("%d: %q, %q", status, r.Class, r.Detail)
		}
	}
}

func TestInterimAnswersAreNotTheAnswer(t *testing.T) {
	t.Parallel()
	for final, want := range map[int]delivery.Class{200: delivery.ClassNone, 500: delivery.ClassStatus} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusContinue)
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(final)
		})
		if r := sendTo(t, c); r.Class != want || r.Status != final {
			t.Errorf("103 and then %d: %q, %d", final, r.Class, r.Status)
		}
	}
}

func TestRedirectsAreNeverFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL, "/here"} {
			var asked atomic.Int32
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				http.Redirect(w, r, to, status)
			})
			if r := sendTo(t, c); r.Class != delivery.ClassStatus || r.Status != status {
				t.Errorf("%d to %s: %q, %d", status, to, r.Class, r.Status)
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("%d to %s: asked %d times", status, to, n)
			}
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	var cookies atomic.Int32
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		cookies.Add(int32(len(r.Header["Cookie"])))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	})
	sendTo(t, c)
	sendTo(t, c)
	if n := cookies.Load(); n != 0 {
		t.Errorf("%d cookies came back", n)
	}
}

func TestKeptResponseIsBoundedText(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":               "",
		"short":               "no such tenant",
		"just fits":           strings.Repeat("x", MaxResponseText),
		"too long":            strings.Repeat("x", MaxResponseText+1),
		"far too long":        strings.Repeat("x", maxResponseBytes*2),
		"two-byte runes":      strings.Repeat("é", MaxResponseText),
		"cut within a rune":   "x" + strings.Repeat("é", MaxResponseText),
		"cut within a smiley": "xx" + strings.Repeat("😀", MaxResponseText),
		"not text":            strings.Repeat("\xff", MaxResponseText+10),
		"every other byte":    strings.Repeat("\xffx", MaxResponseText),
	} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, body)
		})
		r := sendTo(t, c)
		if r.Class != delivery.ClassStatus {
			t.Errorf("%s: %q", name, r.Class)
		}
		if len(r.Response) > 4<<10 || !utf8.ValidString(r.Response) {
			t.Errorf("%s: kept %d bytes, UTF-8: %v", name, len(r.Response), utf8.ValidString(r.Response))
		}
		if utf8.ValidString(body) {
			if !strings.HasPrefix(body, strings.TrimSuffix(r.Response, "\uFFFD")) {
				t.Errorf("%s: kept %.40q…", name, r.Response)
			}
			if len(r.Response) < min(len(body), MaxResponseText-utf8.UTFMax) {
				t.Errorf("%s: kept only %d of %d bytes", name, len(r.Response), len(body))
			}
		}
	}
}

func TestResponseOfASuccessIsNotKept(t *testing.T) {
	t.Parallel()
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Thank you, Alice Smith") })
	if r := sendTo(t, c); r.Class != delivery.ClassNone || r.Response != "" {
		t.Errorf("%q, kept %q", r.Class, r.Response)
	}
}

func TestEndlessAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]delivery.Class{200: delivery.ClassNone, 500: delivery.ClassStatus} {
		var sent atomic.Int64
		ended := make(chan struct{})
		address := webhooktest.RawServer(t, func(c net.Conn) {
			defer close(ended)
			webhooktest.ReadRequest(c)
			fmt.Fprintf(c, "HTTP/1.1 %d Whatever\r\n\r\n", status)
			for block := []byte(strings.Repeat("x", 1<<10)); ; sent.Add(1 << 10) {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		})
		c := clientFor(t, "http://"+address)
		r := sendTo(t, c)
		if r.Class != want || r.Status != status {
			t.Errorf("%d: %q, %d", status, r.Class, r.Status)
		}
		select {
		case <-ended:
		case <-time.After(webhooktest.TooLong):
			t.Errorf("%d: the connection was left open", status)
		}
		// Bytes in the kernel's buffers count too.
		if n := sent.Load(); n > 32<<20 {
			t.Errorf("%d: %d bytes were taken", status, n)
		}
	}
}

// countingBody counts what is read from it.
type countingBody struct{ read int64 }

func (b *countingBody) Read(p []byte) (int, error) {
	b.read += int64(len(p))
	return copy(p, strings.Repeat("x", len(p))), nil
}

func TestNoMoreThan64KiBOfAnAnswerAreRead(t *testing.T) {
	t.Parallel()
	var body countingBody
	kept, err := readResponse(&http.Response{StatusCode: 500, Body: io.NopCloser(&body)})
	if err != nil || len(kept.head) != MaxResponseText || kept.whole || kept.size != body.read || body.read > 64<<10 {
		t.Errorf("read %d bytes, kept %d of %d: %v", body.read, len(kept.head), kept.size, err)
	}
}
