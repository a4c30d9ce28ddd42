package web

import (
	"context"
	"time"

	settingspage "postern/views/settings"

	"postern/internal/metrics"
	"postern/internal/store/verify"
)

// verification returns the newest verification for the settings page; nil for
// none.
func (s *Server) verification(ctx context.Context) (*settingspage.Verification, error) {
	v, err := verify.Last(ctx, s.store.DB)
	if v == nil || err != nil {
		return nil, err
	}
	return &settingspage.Verification{
		Ended: v.Ended, Events: v.Events, Unsummed: v.Unsummed,
		Unreadable: v.Unreadable(), Numbers: v.Numbers, Blocks: v.DamagedBlocks + v.Entries,
	}, nil
}

// verifyMetrics writes the result of the newest verification.
func verifyMetrics(m *metrics.Text, v *verify.Report) {
	ended := 0.0
	if v == nil {
		v = new(verify.Report)
	} else {
		ended = float64(v.Ended.UnixMilli()) / float64(time.Second/time.Millisecond)
	}
	m.Gauge("postern_verified_timestamp_seconds", "When the newest verification of the data folder ended; 0 before the first.").Value(ended)
	m.Gauge("postern_verified_unreadable_events", "Events that the newest verification could not read.").Value(float64(v.Unreadable()))
	m.Gauge("postern_verified_damaged_blocks",
		"Parts of the indexes that the newest verification found wrong.").Value(float64(v.DamagedBlocks + v.Entries))
}
