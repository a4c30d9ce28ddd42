package deliveries

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/eventtest"
)

// start is the time of the first attempt.
var start = eventtest.Start

func TestAttemptsSurviveTheirCodec(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		attempts := make([]delivery.Attempt, 1+rng.IntN(8))
		low, at := int64(math.MaxInt64), int64(math.MinInt64)
		for i := range attempts {
			a := &attempts[i]
			*a = delivery.Attempt{Seq: 1 + rng.Int64N(1<<40), At: time.UnixMilli(rng.Int64N(1 << 42)).UTC(),
				Duration: time.Duration(rng.Int64N(1<<30)) * time.Microsecond, Number: 1 + rng.IntN(300), Status: rng.IntN(1000),
				Class: delivery.Class(rng.IntN(64)), Replay: rng.IntN(2) == 0}
			if rng.IntN(2) == 0 {
				a.Timeline = randomTimeline(rng)
			}
			if a.Class != 0 {
				a.Detail, a.Response = random(rng), random(rng)
			}
			low, at = min(low, a.Seq), max(at, a.At.UnixMilli())
		}
		got, err := decodeAttempts(encodeAttempts(attempts, low, at), low, at)
		if err != nil || !reflect.DeepEqual(got, attempts) {
			t.Fatalf("%+v became %+v, %v", attempts, got, err)
		}
	}
}

func random(rng *rand.Rand) string {
	b := make([]byte, rng.IntN(300))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return string(b)
}

func randomTimeline(rng *rand.Rand) *delivery.Timeline {
	t := &delivery.Timeline{Reused: rng.IntN(2) == 0, CommitTook: time.Duration(rng.Int64N(1<<30)) * time.Microsecond, Signed: rng.Uint32(),
		Address: random(rng), TLS: random(rng), HeadersLeftOut: rng.IntN(100)}
	for p := range t.Phases {
		if rng.IntN(2) == 0 {
			from := time.Duration(rng.Int64N(1<<30)) * time.Microsecond
			t.Phases[p] = delivery.PhaseTime{From: from, To: from + time.Duration(1+rng.Int64N(1<<30))*time.Microsecond}
		}
	}
	for range rng.IntN(4) {
		t.Headers = append(t.Headers, delivery.Header{Name: "X-" + strconv.Itoa(rng.Int()), Value: strconv.Itoa(rng.Int()) + ": x"})
	}
	return t
}

func TestADeliveredFirstTryTakesAboutEightBytes(t *testing.T) {
	t.Parallel()
	var attempts []delivery.Attempt
	for i := range 1000 {
		attempts = append(attempts, delivery.Attempt{Seq: 1e9 + int64(i), At: start.Add(time.Duration(i) * time.Millisecond),
			Duration: 1500 * time.Microsecond, Number: 1, Status: 200})
	}
	b := encodeAttempts(attempts, 1e9, start.Add(time.Second).UnixMilli())
	if per := float64(len(b)) / 1000; per > 10 {
		t.Errorf("a delivered first attempt takes %.1f bytes", per)
	}
}

func TestAClockThatWentBackDoesntDamageARecord(t *testing.T) {
	t.Parallel()
	attempts := []delivery.Attempt{{Seq: 1, At: start.UTC().Truncate(time.Millisecond), Duration: -time.Second, Number: 1, Status: 200}}
	at := attempts[0].At.UnixMilli()
	got, err := decodeAttempts(encodeAttempts(attempts, 1, at), 1, at)
	if err != nil || len(got) != 1 || got[0].Duration != 0 {
		t.Errorf("got %+v, %v; want a duration of zero", got, err)
	}
}

func TestARecordThatIsCutShortIsDamaged(t *testing.T) {
	t.Parallel()
	whole := encodeAttempts([]delivery.Attempt{{Seq: 300, At: start, Duration: time.Second, Number: 1, Status: 503, Class: 3,
		Detail: "detail", Response: "response", Timeline: randomTimeline(rand.New(rand.NewPCG(1, 1)))}}, 1, start.UnixMilli())
	if _, err := decodeAttempts(nil, 1, 1); err == nil {
		t.Error("nothing at all is a record")
	}
	for n := 2; n < len(whole); n++ {
		if got, err := decodeAttempts(whole[:n], 1, start.UnixMilli()); err == nil {
			t.Errorf("the first %d of %d bytes are %+v", n, len(whole), got)
		}
	}
	other := bytes.Clone(whole)
	other[0]++
	if _, err := decodeAttempts(other, 1, 1); err == nil {
		t.Error("a record of another version was read")
	}
}

func FuzzDecodeAttempts(f *testing.F) {
	f.Add([]byte{}, int64(0), int64(0))
	f.Add([]byte{attemptsVersion}, int64(1), int64(1))
	f.Add(encodeAttempts([]delivery.Attempt{
		{Seq: 1, At: start.Add(time.Second), Duration: 1234 * time.Microsecond, Number: 1, Status: 200},
		{Seq: 2, At: start.Add(2 * time.Second), Duration: 1234 * time.Microsecond, Number: 1, Status: 503, Class: 3,
			Detail: "the receiver answered 503", Response: "HTTP/1.1 503\r\n\r\nnot now", Timeline: randomTimeline(rand.New(rand.NewPCG(1, 1)))},
	}, 1, start.Add(time.Minute).UnixMilli()),
		int64(1), start.UnixMilli())
	f.Add([]byte{attemptsVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, int64(math.MaxInt64), int64(math.MinInt64))
	f.Add([]byte{attemptsVersion, 1, 1, 1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x7f}, int64(1), int64(1))
	f.Fuzz(func(t *testing.T, b []byte, low, at int64) {
		attempts, err := decodeAttempts(b, low, at)
		if err != nil {
			return
		}
		// An attempt takes at least six bytes, and its texts their own, but for
		// the words in place of erased ones: a record can't claim more than it
		// holds.
		size := 1
		for _, a := range attempts {
			size += 6 + len(a.Response)
			if a.Detail != delivery.ErasedDetail {
				size += len(a.Detail)
			}
			if a.Timeline != nil {
				size += 8 + len(a.Timeline.Address) + len(a.Timeline.TLS)
				for _, h := range a.Timeline.Headers {
					size += len(h.Name) + len(h.Value)
				}
			}
		}
		if size > len(b) {
			t.Errorf("%d attempts of at least %d bytes came from %d bytes", len(attempts), size, len(b))
		}
	})
}
