package webhook

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

func TestTimesAreToldApartByAFifth(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for b := range maxBuckets {
		end := bucketEnd(b)
		if end <= last && end > 4*time.Microsecond {
			t.Errorf("bucket %d ends at %v, the one before at %v", b, end, last)
		}
		last = end
	}
	if last < 2*delivery.MaxTimeoutSeconds*time.Second {
		t.Errorf("the last bucket ends at %v", last)
	}
	for d := 8 * time.Microsecond; d < 2*time.Minute; d += d / 7 {
		end := bucketEnd(bucketOf(d))
		if end <= d || float64(end) > 1.26*float64(d) {
			t.Errorf("%v is told as %v", d, end)
		}
	}
	if bucketOf(-time.Second) != 0 || bucketOf(1000*time.Hour) != maxBuckets-1 {
		t.Error("what is out of range has no bucket")
	}
}

func TestP95IsOfWhatWasDelivered(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000*3600, 0)
	var d day
	if p := P95(d.hours(now)...); p != 0 {
		t.Errorf("of nothing it is %v", p)
	}
	for i := range 100 {
		took := 10 * time.Millisecond
		if i >= 95 {
			took = time.Second
		}
		d.note(now, took, true)
		d.note(now, time.Minute, false)
	}
	if p := P95(d.hours(now)...); p < 10*time.Millisecond || p > 13*time.Millisecond {
		t.Errorf("p95 is %v", p)
	}
	d.note(now, time.Second, true)
	if p := P95(d.hours(now)...); p < time.Second || p > 1300*time.Millisecond {
		t.Errorf("with one more that is slow it is %v", p)
	}
	if delivered, failed := Sum(d.hours(now)...); delivered != 101 || failed != 100 {
		t.Errorf("%d delivered, %d failed", delivered, failed)
	}
}

func TestADayForgetsWhatIsOlder(t *testing.T) {
	t.Parallel()
	var d day
	begin := time.Unix(1_000_000*3600, 0).UTC()
	for hour := range 30 {
		d.note(begin.Add(time.Duration(hour)*time.Hour), time.Millisecond, hour%2 == 0)
	}
	d.note(begin, time.Millisecond, true) // a day late
	now := begin.Add(40*time.Hour + 59*time.Minute)
	hours := d.hours(now)
	if len(hours) != Hours || !hours[Hours-1].Start.Equal(begin.Add(40*time.Hour)) || !hours[0].Start.Equal(begin.Add(17*time.Hour)) {
		t.Fatalf("%d hours from %v to %v", len(hours), hours[0].Start, hours[len(hours)-1].Start)
	}
	for i, h := range hours {
		want := int64(0)
		if i < 13 { // hours 17 to 29
			want = 1
		}
		if h.Delivered+h.Failed != want {
			t.Errorf("the hour from %v has %d delivered and %d failed", h.Start, h.Delivered, h.Failed)
		}
	}
}

func TestADayIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	now := time.Unix(1_000_000*3600+1234, 0)
	var d day
	if got := decodeDay(d.encode(now)); got != d {
		t.Error("an empty day became another")
	}
	for range 20_000 {
		d.note(now.Add(-time.Duration(rng.Int64N(int64(23*time.Hour)))), time.Duration(rng.ExpFloat64()*float64(20*time.Millisecond)), rng.IntN(10) > 0)
	}
	text := d.encode(now)
	if got := decodeDay(text); got != d {
		t.Error("a day became another")
	}
	t.Logf("a busy day takes %d bytes", len(text))
	if len(text) > 3000 {
		t.Errorf("a busy day takes %d bytes", len(text))
	}
	for n := range len(text) {
		decodeDay(text[:n]) // whatever is lost, it ends
	}
}

func FuzzDecodeDay(f *testing.F) {
	var d day
	d.note(time.Unix(1e9, 0), time.Millisecond, true)
	d.note(time.Unix(1e9+9000, 0), time.Second, false)
	f.Add(d.encode(time.Unix(1e9+9000, 0)))
	f.Add("")
	f.Add("\x01\x01\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01")
	f.Fuzz(func(t *testing.T, text string) {
		d := decodeDay(text)
		for i := range d.ring {
			if h := &d.ring[i]; h.number < 0 || h.Delivered < 0 || h.Failed < 0 {
				t.Errorf("%d: %+v", i, h)
			}
		}
	})
}

func TestTheDayOfAllAddsThemUpByTheHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const quick, slow = "https://quick.example/", "https://slow.example/"
		w := newWorld()
		w.answers(quick, func(post) answer { return answer{after: 10 * time.Millisecond} })
		w.answers(slow, func(p post) answer {
			if p.nth == 1 {
				return answer{status: 500}
			}
			return answer{after: time.Second}
		})
		s := startSite(t, t.TempDir(), w)
		if delivered, failed := Sum(s.service.Day()...); delivered+failed != 0 || len(s.service.Day()) != Hours {
			t.Errorf("before anything was sent: %d delivered, %d failed", delivered, failed)
		}
		s.register(quick, "", "*")
		s.publish("face_matched", "face_matched")
		time.Sleep(90 * time.Minute)
		s.register(slow, "", "*")
		s.publish("face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()
		var got []int64
		all := s.service.Day()
		for _, h := range all {
			if h.Delivered+h.Failed > 0 {
				got = append(got, h.Delivered, h.Failed)
			}
		}
		if want := []int64{2, 0, 2, 1}; !slices.Equal(got, want) {
			t.Errorf("delivered and failed by the hour are %v, want %v", got, want)
		}
		if p := P95(all...); p < time.Second || p > 1300*time.Millisecond {
			t.Errorf("p95 of all is %v", p)
		}
		if p := P95(all[:Hours-1]...); p < 10*time.Millisecond || p > 13*time.Millisecond {
			t.Errorf("p95 before the slow one is %v", p)
		}
	})
}

func TestTheDayOutlivesAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const url = "https://a.example/"
		w, dir := newWorld(), t.TempDir()
		w.answers(url, func(p post) answer {
			if p.seq == 3 && p.nth == 1 {
				return answer{status: 500}
			}
			return answer{after: 40 * time.Millisecond}
		})
		s := startSite(t, dir, w)
		e := s.register(url, "", "*")
		s.publish("face_matched", "face_matched", "face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()
		want := s.service.Status(e.ID).Hours
		if delivered, failed := Sum(want...); delivered != 3 || failed != 1 {
			t.Fatalf("%d delivered, %d failed", delivered, failed)
		}
		killed := t.TempDir()
		copyFolder(t, dir, killed)
		s.stop()

		s = openSite(t, killed, w)
		after := s.service.Status(e.ID) // before anything runs
		if !slices.Equal(after.Hours, want) {
			t.Errorf("after the kill the hours are %+v\nwant %+v", after.Hours, want)
		}
		if p := P95(after.Hours...); p < 40*time.Millisecond || p > 51*time.Millisecond {
			t.Errorf("p95 is %v", p)
		}
		time.Sleep(25 * time.Hour)
		if delivered, failed := Sum(s.service.Status(e.ID).Hours...); delivered+failed != 0 {
			t.Errorf("a day later there are %d delivered and %d failed", delivered, failed)
		}
	})
}
