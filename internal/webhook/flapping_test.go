package webhook

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
)

// A receiver that fails at random has few changes of state and fewer
// announcements, whatever its rate of failure, the rate of events, and the way
// it fails.
func TestFlapping_isBounded(t *testing.T) {
	t.Parallel()
	const lasts = 40 * time.Minute
	for seed := range fullrun.Seeds(12, 2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 4))
				failing := []float64{0.3, 0.5, 0.8, 0.9}[seed%4]
				every := []time.Duration{time.Second, 3 * time.Second, 10 * time.Second}[seed/4%3]
				settings := delivery.Settings{Ordered: seed%2 == 1}
				fails := []answer{{status: 500}, {class: delivery.ClassConnect}, {class: delivery.ClassTimeout, after: time.Second}}[seed%3]
				w := newWorld()
				s := startTelling(t, w)
				e := s.registerWith(urlA, settings, "face_matched")
				// Away for some minutes, then back, rather than for each request.
				period, away, turn := time.Duration(0), false, time.Now()
				if seed%5 == 0 {
					period = time.Minute
				}
				w.answers(urlA, func(post) answer {
					if period > 0 {
						if !time.Now().Before(turn) {
							away, turn = rng.Float64() < failing, time.Now().Add(time.Duration(rng.Int64N(int64(2*period))))
						}
						if away {
							return fails
						}
						return answer{after: 10 * time.Millisecond}
					}
					if rng.Float64() < failing {
						return fails
					}
					return answer{after: 10 * time.Millisecond}
				})
				for range lasts / every {
					s.publish("face_matched")
					time.Sleep(every)
				}
				synctest.Wait()
				openings := 0
				for _, e := range s.told() {
					if _, ends := e.Resolves(); !ends && e.Type == event.SystemError {
						openings++
					}
				}
				changes, st := len(s.states(e.ID)), s.service.Status(e.ID)
				t.Logf("fails %.0f %%, an event every %v, ordered %t, in turns %v: %d changes of state, %d openings, %d announcements; "+
					"delivered %d, behind %d, retrying %d",
					100*failing, every, settings.Ordered, period, changes, openings, len(s.told()), st.Delivered, st.Behind, st.Retrying)
				if most := int(lasts/openingInterval) + 1; openings > most || len(s.told()) > 2*most {
					t.Errorf("%d openings and %d announcements in %v", openings, len(s.told()), lasts)
				}
				if changes > 20 {
					t.Errorf("%d changes of state in %v", changes, lasts)
				}
			})
		})
	}
}
