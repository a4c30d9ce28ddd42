package stats

import (
	"math/rand/v2"
	"testing"
	"time"

	"postern/internal/delivery"
)

func TestHourStats_TellTimesApartByAFifth(t *testing.T) {
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

func TestHourStats_P95IsOfDeliveredAttempts(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000*3600, 0)
	var d HourStats
	if p := P95(d.Hours(now)...); p != 0 {
		t.Errorf("of nothing it is %v", p)
	}
	for i := range 100 {
		took := 10 * time.Millisecond
		if i >= 95 {
			took = time.Second
		}
		d.Note(now, took, true)
		d.Note(now, time.Minute, false)
	}
	if p := P95(d.Hours(now)...); p < 10*time.Millisecond || p > 13*time.Millisecond {
		t.Errorf("p95 is %v", p)
	}
	d.Note(now, time.Second, true)
	if p := P95(d.Hours(now)...); p < time.Second || p > 1300*time.Millisecond {
		t.Errorf("with one more that is slow it is %v", p)
	}
	if delivered, failed := Sum(d.Hours(now)...); delivered != 101 || failed != 100 {
		t.Errorf("%d delivered, %d failed", delivered, failed)
	}
}

func TestHourStats_ForgetOlderThanADay(t *testing.T) {
	t.Parallel()
	var d HourStats
	begin := time.Unix(1_000_000*3600, 0).UTC()
	for hour := range 30 {
		d.Note(begin.Add(time.Duration(hour)*time.Hour), time.Millisecond, hour%2 == 0)
	}
	d.Note(begin, time.Millisecond, true) // a day late
	now := begin.Add(40*time.Hour + 59*time.Minute)
	hours := d.Hours(now)
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
	var d HourStats
	if got := Decode(d.Encode(now)); got != d {
		t.Error("an empty day became another")
	}
	for range 20_000 {
		d.Note(now.Add(-time.Duration(rng.Int64N(int64(23*time.Hour)))),
			time.Duration(rng.ExpFloat64()*float64(20*time.Millisecond)), rng.IntN(10) > 0)
	}
	text := d.Encode(now)
	if got := Decode(text); got != d {
		t.Error("a day became another")
	}
	t.Logf("a busy day takes %d bytes", len(text))
	if len(text) > 3000 {
		t.Errorf("a busy day takes %d bytes", len(text))
	}
	for n := range len(text) {
		Decode(text[:n]) // whatever is lost, it ends
	}
}

func FuzzDecode(f *testing.F) {
	var d HourStats
	d.Note(time.Unix(1e9, 0), time.Millisecond, true)
	d.Note(time.Unix(1e9+9000, 0), time.Second, false)
	f.Add(d.Encode(time.Unix(1e9+9000, 0)))
	f.Add("")
	f.Add("\x01\x01\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01")
	f.Fuzz(func(t *testing.T, text string) {
		d := Decode(text)
		for i := range d.ring {
			if h := &d.ring[i]; h.number < 0 || h.Delivered < 0 || h.Failed < 0 {
				t.Errorf("%d: %+v", i, h)
			}
		}
	})
}
