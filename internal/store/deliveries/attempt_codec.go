package deliveries

import (
	"encoding/binary"
	"errors"
	"time"

	"postern/internal/delivery"
	"postern/internal/varint"
)

// The entries of an attempts row: a version byte, then the attempts in the
// order they ended. Each is a run of varints, with a length before each text:
//
//	seq - seq_min, at - time (ms), duration (us), attempt, status, class
//	and where class isn't zero: detail, response
//	and where it has a timeline: the timeline (timeline_codec.go)
//
// The two highest bits of the class's byte mark a replay and a timeline. A delivered
// first attempt takes about 8 bytes.
const (
	attemptsVersion = 1
	replayBit       = 0x80
	timelineBit     = 0x40
	classBits       = 0xff &^ (replayBit | timelineBit)
)

var errAttempts = errors.New("the record of attempts is damaged")

func encodeAttempts(attempts []delivery.Attempt, low, at int64) []byte {
	b := make([]byte, 1, 1+10*len(attempts))
	b[0] = attemptsVersion
	for _, a := range attempts {
		b = binary.AppendUvarint(b, uint64(a.Seq-low))
		b = binary.AppendUvarint(b, uint64(at-a.At.UnixMilli()))
		b = binary.AppendUvarint(b, uint64(max(a.Duration.Microseconds(), 0)))
		b = binary.AppendUvarint(b, uint64(a.Number))
		b = binary.AppendUvarint(b, uint64(a.Status))
		kind := byte(a.Class)
		if a.Replay {
			kind |= replayBit
		}
		if a.Timeline != nil {
			kind |= timelineBit
		}
		b = append(b, kind)
		if a.Class != 0 {
			b = binary.AppendUvarint(b, uint64(len(a.Detail)))
			b = append(b, a.Detail...)
			b = binary.AppendUvarint(b, uint64(len(a.Response)))
			b = append(b, a.Response...)
		}
		if a.Timeline != nil {
			b = appendTimeline(b, a.Timeline)
		}
	}
	return b
}

func decodeAttempts(b []byte, low, at int64) ([]delivery.Attempt, error) {
	if len(b) == 0 || b[0] != attemptsVersion {
		return nil, errAttempts
	}
	r := varint.Reader{Rest: b[1:]}
	var attempts []delivery.Attempt
	for len(r.Rest) > 0 {
		a := delivery.Attempt{
			Seq:      low + r.Next(),
			At:       time.UnixMilli(at - r.Next()).UTC(),
			Duration: time.Duration(r.Next()) * time.Microsecond,
			Number:   int(r.Next()),
			Status:   int(r.Next()),
		}
		kind := r.Octet()
		a.Class, a.Replay = delivery.Class(kind&classBits), kind&replayBit != 0
		if a.Class != 0 {
			a.Detail = r.Text()
			a.Response = r.Text()
		}
		if kind&timelineBit != 0 {
			a.Timeline = readTimeline(&r)
		}
		if r.Broken {
			return nil, errAttempts
		}
		markRedacted(&a)
		attempts = append(attempts, a)
	}
	return attempts, nil
}
