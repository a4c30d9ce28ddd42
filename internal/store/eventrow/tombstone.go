package eventrow

import (
	"strconv"
	"strings"
	"time"
	"unsafe"

	"postern/internal/event"
)

// A tombstone stands in the place of an erased event's data: a mark, the time in
// Unix microseconds, and spaces up to the length of the data. A row that keeps
// its length is overwritten in place; one that shrinks may make SQLite move its
// neighbours, and leave copies of them in free space. The data of a producer is an
// object and never begins with the mark. A tombstone without spaces is no longer
// than {"identity_id":0}.
const TombstoneMark = '!'

// Tombstone returns the tombstone of an event that was erased at a time, and whose
// data had a length.
func Tombstone(at time.Time, length int) string {
	text := string(TombstoneMark) + strconv.FormatInt(at.UnixMicro(), 36)
	return text + strings.Repeat(" ", max(0, length-len(text)))
}

// erasedAt reads what tombstone wrote.
func erasedAt(data []byte) (time.Time, bool) {
	if len(data) == 0 || data[0] != TombstoneMark {
		return time.Time{}, false
	}
	text := strings.TrimRight(unsafe.String(&data[1], len(data)-1), " ")
	us, err := strconv.ParseInt(text, 36, 64)
	return event.FromMicro(us), err == nil
}
