package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
)

// Replays of one webhook take turns: a short one that begins later needn't wait
// for a long one. An ordered webhook's run one after another.
func TestReplays_takeTurns(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			s := startSite(t, t.TempDir(), w)
			e := s.registerWith(urlA, delivery.Settings{Ordered: ordered})
			long := s.publishMany(300, "face_matched")
			short := s.publishMany(10, "line_crossed")
			rest(time.Minute)
			w.answers(urlA, always(answer{after: time.Second}))
			s.replay(e.ID, ReplayRequest{Filter: event.Filter{Types: event.Types(event.FaceMatched)}})
			rest(2 * time.Second)
			s.replay(e.ID, ReplayRequest{Filter: event.Filter{Types: event.Types(event.LineCrossed)}})
			rest(6 * time.Second)
			again := w.again(urlA)
			sent := 0
			for _, e := range short {
				sent += again[e.Seq]
			}
			if ordered && sent != 0 || !ordered && sent != len(short) {
				t.Errorf("ordered %t: after 6 s the short replay has sent %d", ordered, sent)
			}
			rest(10 * time.Minute)
			again = w.again(urlA)
			for _, e := range append(append([]*event.Event{}, long...), short...) {
				if again[e.Seq] != 1 {
					t.Fatalf("ordered %t: event %d was sent %d times", ordered, e.Seq, again[e.Seq])
				}
			}
		})
	}
}
