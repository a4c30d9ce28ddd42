package event

import "time"

// ParseTime parses a timestamp as Decode does.
func ParseTime(s string) (time.Time, error) { return parseClock([]byte(s), nil) }
