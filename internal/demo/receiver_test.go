package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	door       = "/door"
	doorSecret = "whsec_aGVsbG8="
)

func newDoor(t *testing.T) *Receiver {
	t.Helper()
	r := NewReceiver()
	if err := r.Expect(door, doorSecret); err != nil {
		t.Fatal(err)
	}
	return r
}

// delivery is a rightly signed request with an event.
func delivery(path, id string) *http.Request {
	body := fmt.Appendf(nil, `{"id":%q,"type":"face_matched","data":{}}`, id)
	req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9900"+path, bytes.NewReader(body))
	req.RequestURI = "" // so that a client may send it, too
	req.Header = signedHeader(doorSecret, []byte("hello"), id, body, time.Now())
	return req
}

func do(r *Receiver, req *http.Request) (status int, body string) {
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

func behave(t *testing.T, r *Receiver, query string) PathStatus {
	t.Helper()
	code, body := do(r, httptest.NewRequest(http.MethodPost, "/behave?path="+door+"&"+query, nil))
	var status PathStatus
	if err := json.Unmarshal([]byte(body), &status); code != http.StatusOK || err != nil {
		t.Fatalf("behave %s: %d %s", query, code, body)
	}
	return status
}

// wantCounts checks received, verified, accepted, duplicates and refused, in that order.
func wantCounts(t *testing.T, r *Receiver, want [5]int) {
	t.Helper()
	s := r.Status(time.Now())[0]
	if got := [5]int{s.Received, s.Verified, s.Accepted, s.Duplicates, s.Refused}; got != want {
		t.Errorf("received, verified, accepted, duplicates, refused: %v, want %v", got, want)
	}
}

func TestRightlySignedDeliveryIsTaken(t *testing.T) {
	t.Parallel()
	r := newDoor(t)
	if code, body := do(r, delivery(door, "evt_1")); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	wantCounts(t, r, [5]int{1, 1, 1, 0, 0})
	if last := r.Status(time.Now())[0].LastEvent; last == nil || last.ID != "evt_1" || last.Type != typeFaceMatched {
		t.Errorf("last event %+v", last)
	}
}

func TestTamperedDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	r := newDoor(t)
	tampered := delivery(door, "evt_1")
	tampered.Body = http.NoBody
	if code, _ := do(r, tampered); code != http.StatusUnauthorized {
		t.Errorf("another body: %d, want 401", code)
	}
	unsigned := delivery(door, "evt_1")
	unsigned.Header.Del("webhook-signature")
	if code, _ := do(r, unsigned); code != http.StatusUnauthorized {
		t.Errorf("one signature of two: %d, want 401", code)
	}
	mislabelled := delivery(door, "evt_1")
	mislabelled.Header.Set("X-Event-ID", "evt_2")
	if code, _ := do(r, mislabelled); code != http.StatusBadRequest {
		t.Errorf("a header with another id: %d, want 400", code)
	}
	wantCounts(t, r, [5]int{3, 0, 0, 0, 3})
}

func TestSecondDeliveryOfAnEventIsADuplicate(t *testing.T) {
	t.Parallel()
	r := newDoor(t)
	for _, id := range []string{"evt_1", "evt_2", "evt_1"} {
		if code, _ := do(r, delivery(door, id)); code != http.StatusOK {
			t.Errorf("%s: %d, want 200 for duplicates, too", id, code)
		}
	}
	wantCounts(t, r, [5]int{3, 3, 2, 1, 0})
}

func TestOldestIDsAreForgottenFirst(t *testing.T) {
	t.Parallel()
	s := newSeen(3)
	for _, id := range []string{"a", "b", "c", "d"} {
		if !s.add(id) {
			t.Errorf("%s isn't new", id)
		}
	}
	if s.add("b") || s.add("d") {
		t.Error("one of the last three is taken for new")
	}
	if !s.add("a") {
		t.Error("a is still remembered after three others")
	}
	if len(s.ids) != 3 || len(s.order) != 3 {
		t.Errorf("%d ids in %d places, want 3", len(s.ids), len(s.order))
	}
}

func TestUnexpectedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	r := newDoor(t)
	large := httptest.NewRequest(http.MethodPost, door, strings.NewReader(strings.Repeat("x", maxDeliveryBytes+1)))
	foreign := httptest.NewRequest(http.MethodPost, "/behave?path="+door+"&mode=fail", nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	for name, tc := range map[string]struct {
		req  *http.Request
		want int
	}{
		"path that nobody expects": {delivery("/window", "evt_1"), http.StatusNotFound},
		"GET of a path":            {httptest.NewRequest(http.MethodGet, door, nil), http.StatusMethodNotAllowed},
		"body beyond the bound":    {large, http.StatusRequestEntityTooLarge},
		"page of another site":     {foreign, http.StatusForbidden},
	} {
		if code, _ := do(r, tc.req); code != tc.want {
			t.Errorf("%s: %d, want %d", name, code, tc.want)
		}
	}
}

func TestPathsAreBounded(t *testing.T) {
	t.Parallel()
	r := NewReceiver()
	for _, path := range []string{"", "door", "/", "/behave"} {
		if r.Expect(path, doorSecret) == nil {
			t.Errorf("path %q was taken", path)
		}
	}
	if r.Expect(door, "") == nil {
		t.Error("a path without a secret was taken")
	}
	for i := range maxPaths {
		if err := r.Expect(fmt.Sprintf("/door-%d", i), doorSecret); err != nil {
			t.Fatal(err)
		}
	}
	if r.Expect(door, doorSecret) == nil {
		t.Errorf("more than %d paths were taken", maxPaths)
	}
	if err := r.Expect("/door-1", "whsec_bmV3"); err != nil {
		t.Errorf("new secret for a known path: %v", err)
	}
}

func TestFailingPathForgetsWhatItGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		behave(t, r, "mode=fail&for=30s")
		if code, _ := do(r, delivery(door, "evt_1")); code != http.StatusInternalServerError {
			t.Errorf("told to fail: %d, want 500", code)
		}
		time.Sleep(30 * time.Second)
		if code, _ := do(r, delivery(door, "evt_1")); code != http.StatusOK {
			t.Errorf("after 30 s: %d, want 200", code)
		}
		wantCounts(t, r, [5]int{2, 2, 1, 0, 0})
	})
}

func TestSlowPathTakesTheEventAndAnswersLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		if s := behave(t, r, "mode=slow&delay=3s"); s.Behaviour.Mode != modeSlow || s.Behaviour.Delay != "3s" {
			t.Errorf("behaviour %+v", s.Behaviour)
		}
		start := time.Now()
		if code, _ := do(r, delivery(door, "evt_1")); code != http.StatusOK || time.Since(start) != 3*time.Second {
			t.Errorf("%d after %v, want 200 after 3 s", code, time.Since(start))
		}
		// A sender that doesn't wait sends again, and that one is a duplicate.
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if code, _ := do(r, delivery(door, "evt_2").WithContext(impatient)); code != http.StatusServiceUnavailable {
			t.Errorf("interrupted: %d, want 503", code)
		}
		behave(t, r, "mode=ok")
		do(r, delivery(door, "evt_2"))
		wantCounts(t, r, [5]int{3, 3, 2, 1, 0})
	})
}

func TestHangingPathNeverAnswersAndEndsWithTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		client, stop := run(t, r)
		behave(t, r, "mode=hang")
		client.Timeout = time.Hour
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		resp, err := client.Do(delivery(door, "evt_1").WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Minute {
			t.Errorf("%v, %v after %v, want no answer in 10 minutes", resp, err, time.Since(start))
		}
		synctest.Wait()
		if n := len(r.inFlight); n != 0 {
			t.Errorf("%d deliveries hang on after their sender went", n)
		}
		behave(t, r, "mode=ok")
		if code, _ := do(r, delivery(door, "evt_1")); code != http.StatusOK {
			t.Errorf("afterwards: %d", code)
		}
		wantCounts(t, r, [5]int{2, 2, 1, 0, 0})
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestStoppingEndsWhatHangsWithoutAcceptingIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		client, stop := run(t, r)
		behave(t, r, "mode=hang")
		answered := make(chan int, 1)
		go func() {
			resp, err := client.Do(delivery(door, "evt_1"))
			if err != nil {
				answered <- 0
				return
			}
			resp.Body.Close()
			answered <- resp.StatusCode
		}()
		synctest.Wait()
		start := time.Now()
		if err := stop(); err != nil || time.Since(start) >= shutdownTimeout {
			t.Errorf("Run ended with %v after %v", err, time.Since(start))
		}
		if code := <-answered; code == http.StatusOK {
			t.Error("a delivery that hung was answered with 200")
		}
	})
}

func TestDeliveriesAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		behave(t, r, "mode=hang")
		ctx, cancel := context.WithCancel(t.Context())
		for i := range maxInFlight {
			go do(r, delivery(door, fmt.Sprintf("evt_%d", i)).WithContext(ctx))
		}
		synctest.Wait()
		if code, _ := do(r, delivery(door, "evt_more")); code != http.StatusServiceUnavailable {
			t.Errorf("%d, want 503", code)
		}
		if code, _ := do(r, httptest.NewRequest(http.MethodGet, "/", nil)); code != http.StatusOK {
			t.Errorf("status page: %d, want 200 whatever hangs", code)
		}
		cancel()
	})
}

// run serves r in memory until stop, which returns what Run returned.
func run(t *testing.T, r *Receiver) (client *http.Client, stop func() error) {
	ln := newPipeListener()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, ln) }()
	return ln.client(t), func() error {
		cancel()
		return <-ended
	}
}

func TestReceiverListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	ln := &elsewhere{newPipeListener()}
	if err := newDoor(t).Run(t.Context(), ln); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("Run on %v: %v", ln.Addr(), err)
	}
}

type elsewhere struct{ *pipeListener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9900} }

func TestBehavioursAreCheckedInWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 30, 0, 0, time.UTC)
	for query, want := range map[string]string{
		"":                       "mode is",
		"mode=explode":           `mode is "explode", want ok, slow, fail or hang`,
		"mode=fail&delay=1s":     "delay goes with mode=slow",
		"mode=slow&delay=5":      "delay is",
		"mode=slow&delay=61s":    "1m0s at most",
		"mode=slow&delay=-1s":    "delay is",
		"mode=hang&for=25h":      "24h0m0s at most",
		"mode=hang&for=tomorrow": "for is",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseBehaviour(values, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", query, err, want)
		}
	}
	r := newDoor(t)
	for target, want := range map[string]int{
		"/behave?path=" + door + "&mode=explode": http.StatusBadRequest,
		"/behave?path=/window&mode=ok":           http.StatusNotFound,
		"/behave?mode=ok":                        http.StatusNotFound,
	} {
		if code, body := do(r, httptest.NewRequest(http.MethodPost, target, nil)); code != want {
			t.Errorf("%s: %d %s, want %d", target, code, body, want)
		}
	}
}

func TestStatusShowsPathsAndNoSecret(t *testing.T) {
	t.Parallel()
	r := newDoor(t)
	if err := r.Expect("/desk", "whsec_c2VjcmV0"); err != nil {
		t.Fatal(err)
	}
	behave(t, r, "mode=slow&for=1h")
	_, body := do(r, httptest.NewRequest(http.MethodGet, "/", nil))
	var all []PathStatus
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Path != door || all[1].Path != "/desk" || all[1].Behaviour.Mode != modeOK {
		t.Errorf("status %s", body)
	}
	if b := all[0].Behaviour; b.Mode != modeSlow || b.Delay != "2s" || b.Until == nil {
		t.Errorf("behaviour %+v", b)
	}
	if strings.Contains(body, "whsec_") {
		t.Error("the status shows a secret")
	}
}

func TestSenderThatNeverEndsItsBodyIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDoor(t)
		client, stop := run(t, r)
		unended, end := io.Pipe()
		defer end.Close()
		start := time.Now()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:9900"+door, unended)
		if err != nil {
			t.Fatal(err)
		}
		client.Timeout = time.Hour
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		if time.Since(start) != readTimeout {
			t.Errorf("cut off after %v, want %v (%v, %v)", time.Since(start), readTimeout, resp, err)
		}
		wantCounts(t, r, [5]int{1, 0, 0, 0, 1})
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
