package eventrow

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"postern/internal/event"
	"postern/internal/problem"
)

// Disks and file systems change bits silently. Each event has a checksum (CRC-32C)
// that is written with it and compared on each read, so that no changed event
// leaves the store. It covers every field that a reader gets, and the sequence
// number, so that a row in another row's place is noticed too.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumBuffers are reused for the bytes of a checksum.
var sumBuffers = sync.Pool{New: func() any { return new([]byte) }}

// Sum returns the checksum of an event whose data is stored as given.
func Sum(e *event.Event, stored []byte) int64 {
	buffer := sumBuffers.Get().(*[]byte)
	defer sumBuffers.Put(buffer)
	b := (*buffer)[:0]
	for _, n := range [...]int64{e.Seq, int64(e.Type), e.Time.UnixMicro(), e.Received.UnixMicro(), int64(len(stored))} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range [...]string{e.ID, e.Source, e.Camera, e.ProducerID, e.Site} {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	if e.Silence != 0 { // rows of earlier versions have a sum without it
		b = binary.LittleEndian.AppendUint64(b, uint64(e.Silence))
	}
	*buffer = b
	return int64(crc32.Update(crc32.Checksum(b, castagnoli), castagnoli, stored))
}

// DamagedError says that an event can't be read: it was changed on the disk, or is
// missing.
type DamagedError struct{ Seq int64 }

// Error names the event by its sequence number, since its id may be wrong.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("event %d can't be read: it was changed on the disk", e.Seq)
}

// Unwrap returns the problem for the client.
func (e *DamagedError) Unwrap() error {
	return problem.New(problem.Internal,
		"Event number %d can't be read: it was changed on the disk. Run postern verify, and restore it from a backup.", e.Seq)
}
