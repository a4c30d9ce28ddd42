package store

import (
	"encoding/binary"
	"errors"
	"time"
)

// The entries of an attempts row: a version byte, then the attempts in the
// order they ended. Each is a run of varints, with a length before each text:
//
//	seq - seq_min, at - time (ms), duration (us), try, status, class
//	and where class isn't zero: detail, response
//
// The highest bit of the class's byte marks a replay. A delivered first try
// takes about 8 bytes.
const (
	attemptsVersion = 1
	replayBit       = 0x80
)

var errAttempts = errors.New("the record of attempts is damaged")

func encodeAttempts(attempts []Attempt, low, at int64) []byte {
	b := make([]byte, 1, 1+10*len(attempts))
	b[0] = attemptsVersion
	for _, a := range attempts {
		b = binary.AppendUvarint(b, uint64(a.Seq-low))
		b = binary.AppendUvarint(b, uint64(at-a.At.UnixMilli()))
		b = binary.AppendUvarint(b, uint64(max(a.Duration.Microseconds(), 0)))
		b = binary.AppendUvarint(b, uint64(a.Try))
		b = binary.AppendUvarint(b, uint64(a.Status))
		kind := a.Class
		if a.Replay {
			kind |= replayBit
		}
		b = append(b, kind)
		if a.Class != 0 {
			b = binary.AppendUvarint(b, uint64(len(a.Detail)))
			b = append(b, a.Detail...)
			b = binary.AppendUvarint(b, uint64(len(a.Response)))
			b = append(b, a.Response...)
		}
	}
	return b
}

func decodeAttempts(b []byte, low, at int64) ([]Attempt, error) {
	if len(b) == 0 || b[0] != attemptsVersion {
		return nil, errAttempts
	}
	r := varints{rest: b[1:]}
	var attempts []Attempt
	for len(r.rest) > 0 {
		a := Attempt{
			Seq:      low + r.next(),
			At:       time.UnixMilli(at - r.next()).UTC(),
			Duration: time.Duration(r.next()) * time.Microsecond,
			Try:      int(r.next()),
			Status:   int(r.next()),
		}
		kind := r.octet()
		a.Class, a.Replay = kind&^replayBit, kind&replayBit != 0
		if a.Class != 0 {
			a.Detail = r.text()
			a.Response = r.text()
		}
		if r.broken {
			return nil, errAttempts
		}
		unblank(&a)
		attempts = append(attempts, a)
	}
	return attempts, nil
}

// varints reads a run of numbers and texts, and notes when it is cut short.
type varints struct {
	rest   []byte
	broken bool
}

func (r *varints) next() int64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > 1<<62 {
		r.rest, r.broken = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return int64(v)
}

func (r *varints) octet() byte {
	if len(r.rest) == 0 {
		r.broken = true
		return 0
	}
	v := r.rest[0]
	r.rest = r.rest[1:]
	return v
}

// length reads how many things of at least a byte each follow.
func (r *varints) length() int64 {
	n := r.next()
	if n > int64(len(r.rest)) {
		r.rest, r.broken = nil, true
		return 0
	}
	return n
}

func (r *varints) text() string {
	n := r.length()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}
