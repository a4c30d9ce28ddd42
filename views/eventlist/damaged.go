package eventlist

import (
	"strconv"
	"strings"

	"postern/views/ui"
)

// DamagedEvents names the events that can't be read.
func DamagedEvents(seqs []int64) string {
	const most = 5
	var list []string
	for _, seq := range seqs[:min(len(seqs), most)] {
		list = append(list, strconv.FormatInt(seq, 10))
	}
	if more := len(seqs) - len(list); more > 0 {
		list = append(list, ui.Count(int64(more))+" more")
	}
	if len(seqs) == 1 {
		return "The event with sequence number " + list[0] + " can't be read: it was changed on the disk."
	}
	return "The events with sequence numbers " + strings.Join(list, ", ") + " can't be read: they were changed on the disk."
}
