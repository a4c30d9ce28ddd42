package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/hub"
	"postern/internal/store"
	"postern/internal/store/deliveries"
)

// record puts attempts on record as a worker's settlement would.
func (s *site) record(id string, attempts ...delivery.Attempt) {
	s.t.Helper()
	atOnce, cancel := context.WithCancel(s.t.Context())
	cancel()
	if err := s.store.Deliveries.Settle(atOnce, &deliveries.Settlement{Endpoint: s.kept(id).N, Attempts: attempts}); err != nil {
		s.t.Fatal(err)
	}
}

// recorded opens a site with a webhook that has n events and an attempt on
// record for each: every third one failed.
func recorded(t *testing.T, n int) (*site, *delivery.Endpoint) {
	t.Helper()
	s := openSite(t, t.TempDir(), nil)
	e := s.register(someURL, "", "*")
	s.publishMany(n, "face_matched")
	var batch []delivery.Attempt
	for seq := int64(1); seq <= int64(n); seq++ {
		a := delivery.Attempt{Seq: seq, At: someTime.Add(time.Duration(seq) * time.Second), Duration: 5 * time.Millisecond,
			Number: 1, Status: 200}
		if seq%3 == 0 {
			a.Status, a.Class, a.Detail, a.Response = 500, delivery.ClassStatus, "Told off.", "no"
		}
		if batch = append(batch, a); len(batch) == 20 {
			s.record(e.ID, batch...)
			batch = nil
		}
	}
	s.record(e.ID, batch...)
	return s, e
}

func TestAttemptsCanBePagedThroughWithoutGapsOrRepeats(t *testing.T) {
	t.Parallel()
	s, e := recorded(t, 130)
	for _, failed := range []bool{false, true} {
		for _, limit := range []int{1, 7, 20, 21, 129, 130, 1000} {
			seen, pages := make(map[int64]bool), 0
			q := AttemptQuery{Limit: limit}
			if failed {
				q.Outcome = delivery.OutcomeFailed
			}
			for {
				page, err := s.service.Attempts(t.Context(), e.ID, q)
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Attempts) > limit || page.Next != "" && len(page.Attempts) != limit || len(page.Attempts) == 0 {
					t.Fatalf("a page of %d has %d attempts and the next cursor %q", limit, len(page.Attempts), page.Next)
				}
				for _, a := range page.Attempts {
					if seen[a.Seq] {
						t.Errorf("limit %d: the attempt at event %d comes twice", limit, a.Seq)
					}
					if failed && a.OK() {
						t.Errorf("limit %d: event %d didn't fail", limit, a.Seq)
					}
					seen[a.Seq] = true
				}
				pages++
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			want := map[bool]int{false: 130, true: 43}[failed]
			if len(seen) != want || pages != (want+limit-1)/limit {
				t.Errorf("limit %d, failed %v: %d attempts on %d pages, want %d", limit, failed, len(seen), pages, want)
			}
		}
	}
}

func TestPagesStayRightWhileAttemptsComeIn(t *testing.T) {
	t.Parallel()
	s, e := recorded(t, 50)
	first, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: 25})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int64]bool)
	for _, a := range first.Attempts {
		seen[a.Seq] = true
	}
	for _, published := range s.publishMany(10, "face_matched") {
		s.record(e.ID, delivery.Attempt{Seq: published.Seq, At: time.Now(), Number: 1, Status: 200})
	}
	second, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: 1000, Cursor: first.Next})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range second.Attempts {
		if seen[a.Seq] || a.Seq > 50 {
			t.Errorf("the second page has event %d", a.Seq)
		}
		seen[a.Seq] = true
	}
	if len(seen) != 50 {
		t.Errorf("two pages have %d attempts, want the 50 there were at first", len(seen))
	}
}

func TestAttemptSaysEverythingThatIsOnRecord(t *testing.T) {
	t.Parallel()
	s := openSite(t, t.TempDir(), nil)
	e := s.register(someURL, "", "*")
	published := s.publish("line_crossed")[0]
	s.record(e.ID, delivery.Attempt{Seq: 1, At: someTime, Duration: 1234567 * time.Nanosecond, Number: 3, Status: 503,
		Class: delivery.ClassStatus, Detail: "Busy.", Response: "später"})
	s.record(e.ID, delivery.Attempt{Seq: 1, At: someTime.Add(time.Minute), Duration: time.Second, Number: 4, Status: 204})
	s.record(e.ID, delivery.Attempt{Seq: 99, At: someTime.Add(time.Hour), Number: 1, Class: delivery.ClassDNS, Detail: "No name."})
	got := s.attempts(e.ID)
	want := []delivery.Attempt{
		{Row: 3, Seq: 99, At: someTime.Add(time.Hour), Number: 1, Class: delivery.ClassDNS, Detail: "No name."}, // its event is gone
		{Row: 2, Seq: 1, EventID: published.ID, EventType: event.LineCrossed, At: someTime.Add(time.Minute), Duration: time.Second,
			Number: 4, Status: 204},
		{Row: 1, Seq: 1, EventID: published.ID, EventType: event.LineCrossed, At: someTime, Duration: 1234 * time.Microsecond, Number: 3,
			Status: 503, Class: delivery.ClassStatus, Detail: "Busy.", Response: "später"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestLimitsOfAttemptPages(t *testing.T) {
	t.Parallel()
	s, e := recorded(t, 1010)
	for limit, want := range map[int]int{0: event.DefaultPageEvents, -5: 1, 1: 1, 1000: 1000, 1001: 1000, 1 << 40: 1000} {
		page, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: limit})
		if err != nil || len(page.Attempts) != want || page.Next == "" {
			t.Errorf("limit %d: %d attempts, next %q, %v, want %d", limit, len(page.Attempts), page.Next, err, want)
		}
	}
}

func TestAttemptsOfARemovedWebhookCanBePagedThrough(t *testing.T) {
	t.Parallel()
	s, e := recorded(t, 60)
	other := s.register(someURL, "", "*")
	if err := s.service.Remove(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	page, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: 50})
	if err != nil || len(page.Attempts) != 50 {
		t.Fatalf("%d attempts, %v", len(page.Attempts), err)
	}
	page, err = s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: 50, Cursor: page.Next})
	if err != nil || len(page.Attempts) != 10 || page.Next != "" {
		t.Errorf("the last page has %d attempts and the next cursor %q: %v", len(page.Attempts), page.Next, err)
	}
	if page, err := s.service.Attempts(t.Context(), other.ID, AttemptQuery{}); err != nil || len(page.Attempts) != 0 || page.Next != "" {
		t.Errorf("another webhook has %d attempts: %v", len(page.Attempts), err)
	}
}

func TestCursorsThatPosternDidNotMakeAreRefused(t *testing.T) {
	t.Parallel()
	s, e := recorded(t, 50)
	good, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Limit: 10})
	if err != nil || good.Next == "" {
		t.Fatalf("%q, %v", good.Next, err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, cursor := range []string{
		" ", "7", "!!", good.Next + "=", good.Next + "A", good.Next + "\n", " " + good.Next, good.Next[1:],
		encode([]byte("a0.0")), encode([]byte("a-1.0")), encode([]byte("a1.-1")), encode([]byte("a+1.0")), encode([]byte("a01.0")),
		encode([]byte("a1")), encode([]byte("a1.")), encode([]byte("b1.0")), encode([]byte("a1.0 ")), encode([]byte("a1.0x")),
		encode([]byte("a 1.0")),
		encode([]byte("a9223372036854775808.0")), encode([]byte("a1.9223372036854775808")), encode([]byte("a1_0.0")),
		base64.StdEncoding.EncodeToString([]byte("a1.00")),
	} {
		if _, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Cursor: cursor}); !errors.Is(err, ErrCursor) {
			t.Errorf("%q: %v, want ErrCursor", cursor, err)
		}
	}
	// Places that there are no more are no error: retention may have gone by.
	for _, cursor := range []string{formatAttemptCursor(deliveries.AttemptCursor{Row: 1 << 40}),
		formatAttemptCursor(deliveries.AttemptCursor{Row: 1, Seen: 1 << 40})} {
		if _, err := s.service.Attempts(t.Context(), e.ID, AttemptQuery{Cursor: cursor}); err != nil {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}

func FuzzParseAttemptCursor(f *testing.F) {
	f.Add("")
	f.Add("a1.2")
	for _, c := range []deliveries.AttemptCursor{{Row: 1}, {Row: 1, Seen: 1}, {Row: 1<<63 - 1, Seen: 1<<63 - 1}} {
		f.Add(formatAttemptCursor(c))
	}
	f.Add(base64.RawURLEncoding.EncodeToString([]byte("a01.2")))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseAttemptCursor(s)
		switch {
		case err != nil:
			if !errors.Is(err, ErrCursor) || c != (deliveries.AttemptCursor{}) {
				t.Errorf("%q: %+v, %v", s, c, err)
			}
		case s == "":
			if c != (deliveries.AttemptCursor{}) {
				t.Errorf("no cursor is read as %+v", c)
			}
		case c.Row < 1 || c.Seen < 0 || formatAttemptCursor(c) != s:
			t.Errorf("%q is read as %+v", s, c)
		}
	})
}

func TestStatusTellsTheNewestAttemptAndTheNewestFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		e := s.register(urlA, "", "*")
		synctest.Wait()
		if got := s.service.Status(e.ID); got.State != delivery.Active || got.Last != nil || got.LastError != nil {
			t.Errorf("before the first attempt: %+v", got)
		}
		w.answers(urlA, status(500))
		s.publish("face_matched")
		synctest.Wait()
		failed := s.service.Status(e.ID)
		if failed.Last == nil || failed.Last.OK() || failed.LastError == nil || failed.LastError.Status != 500 || failed.Retrying != 1 {
			t.Errorf("after a failure: %+v", failed)
		}
		w.answers(urlA, nil)
		time.Sleep(2 * time.Second)
		s.publish("face_matched")
		synctest.Wait()
		got := s.service.Status(e.ID)
		if got.Last == nil || !got.Last.OK() || got.Last.Seq != 2 || got.LastError == nil || got.LastError.Seq != 1 ||
			got.Delivered != 1 || got.Failed != 1 {
			t.Errorf("after a success: %+v", got)
		}
		if failed.Last.OK() || failed.Delivered != 0 {
			t.Error("a status that was given out has changed")
		}
	})
}

// Retention may remove what waits. It is counted as expired, once, and
// nothing is sent.
func TestEventsThatRetentionRemovedAreCountedAsExpired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := openSiteWith(t, t.TempDir(), w, store.Options{RetainBytes: 1}, hub.Options{})
		s.run()
		e := s.register(urlA, "", "*")
		s.fail(w, urlA, e.ID)
		s.publishMany(25, "face_matched")
		had := len(w.posts(urlA))
		if removed, err := s.store.Retain(t.Context()); err != nil || removed != worker.FailingAfter+25 {
			t.Fatalf("retention removed %d events: %v", removed, err)
		}
		w.answers(urlA, nil)
		last := s.publish("face_matched")[0]
		time.Sleep(time.Hour)
		synctest.Wait()
		status := s.service.Status(e.ID)
		if status.Expired != worker.FailingAfter+25 || status.Delivered != 1 || status.State != delivery.Active || status.Retrying != 0 ||
			status.Behind != 0 {
			t.Errorf("the status is %+v", status)
		}
		posts := w.posts(urlA)[had:]
		if len(posts) != 1 || posts[0].seq != last.Seq {
			t.Errorf("sent after retention: %v", posts)
		}
		if kept := s.kept(e.ID); kept.Expired != worker.FailingAfter+25 || len(s.pending(e.ID)) != 0 {
			t.Errorf("the store has %+v", kept)
		}
	})
}
