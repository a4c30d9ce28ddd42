package deliveries

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"postern/internal/delivery"
	"postern/internal/varint"
)

// A timeline in an entry of a row, as varints with a length before each text:
//
//	reused (0 or 1), commit took (us), signed, headers left out
//	the set of the phases that were reached, and of each: from (us), took (us)
//	address, TLS version
//	headers: "name: value" by lines
//
// The headers are last, and the only text that an erasure overwrites.

func appendTimeline(b []byte, t *delivery.Timeline) []byte {
	reused := uint64(0)
	if t.Reused {
		reused = 1
	}
	for _, n := range [...]uint64{reused, micro(t.CommitTook), uint64(t.Signed), uint64(max(t.HeadersLeftOut, 0))} {
		b = binary.AppendUvarint(b, n)
	}
	reached := byte(0)
	for p, at := range t.Phases {
		if at.Reached() {
			reached |= 1 << p
		}
	}
	b = append(b, reached)
	for _, at := range t.Phases {
		if at.Reached() {
			b = binary.AppendUvarint(b, micro(at.From))
			b = binary.AppendUvarint(b, micro(at.Took()))
		}
	}
	b = appendText(b, t.Address)
	b = appendText(b, t.TLS)
	var headers strings.Builder
	for i, h := range t.Headers {
		if i > 0 {
			headers.WriteByte('\n')
		}
		headers.WriteString(h.Name + ": " + h.Value)
	}
	return appendText(b, headers.String())
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func micro(d time.Duration) uint64 { return uint64(max(d.Microseconds(), 0)) }

func readTimeline(r *varint.Reader) *delivery.Timeline {
	t := &delivery.Timeline{
		Reused: r.Next() != 0, CommitTook: readMicro(r), Signed: uint32(r.Next()), HeadersLeftOut: int(r.Next()),
	}
	reached := readReached(r)
	for p := range t.Phases {
		if reached&(1<<p) != 0 {
			from := readMicro(r)
			t.Phases[p] = delivery.PhaseTime{From: from, To: from + readMicro(r)}
		}
	}
	t.Address, t.TLS = r.Text(), r.Text()
	if headers := r.Text(); headers != "" {
		for line := range strings.SplitSeq(headers, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			t.Headers = append(t.Headers, delivery.Header{Name: name, Value: value})
		}
	}
	return t
}

// readMicro reads a time of at most a year.
func readMicro(r *varint.Reader) time.Duration {
	return min(time.Duration(min(r.Next(), math.MaxInt64/1000))*time.Microsecond, 365*24*time.Hour)
}

// readReached reads the set of the phases that were reached.
func readReached(r *varint.Reader) byte {
	reached := r.Octet()
	if reached >= 1<<delivery.PhaseCount {
		r.Rest, r.Broken = nil, true
		return 0
	}
	return reached
}

// skipTimelineNumbers reads on to the headers of a timeline.
func skipTimelineNumbers(r *varint.Reader) {
	for range 4 {
		r.Next()
	}
	for reached := readReached(r); reached != 0; reached &= reached - 1 {
		r.Next()
		r.Next()
	}
	r.Bytes()
	r.Bytes()
}
