package webhook

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/webhook/stats"
)

func TestTheDayOfAllAddsThemUpByTheHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const quick, slow = "https://quick.example/", "https://slow.example/"
		w := newWorld()
		w.answers(quick, func(post) answer { return answer{after: 10 * time.Millisecond} })
		w.answers(slow, func(p post) answer {
			if p.nth == 1 {
				return answer{status: 500}
			}
			return answer{after: time.Second}
		})
		s := startSite(t, t.TempDir(), w)
		if delivered, failed := stats.Sum(s.service.Hours()...); delivered+failed != 0 || len(s.service.Hours()) != stats.Hours {
			t.Errorf("before anything was sent: %d delivered, %d failed", delivered, failed)
		}
		s.register(quick, "", "*")
		s.publish("face_matched", "face_matched")
		time.Sleep(90 * time.Minute)
		s.register(slow, "", "*")
		s.publish("face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()
		var got []int64
		all := s.service.Hours()
		for _, h := range all {
			if h.Delivered+h.Failed > 0 {
				got = append(got, h.Delivered, h.Failed)
			}
		}
		if want := []int64{2, 0, 2, 1}; !slices.Equal(got, want) {
			t.Errorf("delivered and failed by the hour are %v, want %v", got, want)
		}
		if p := stats.P95(all...); p < time.Second || p > 1300*time.Millisecond {
			t.Errorf("p95 of all is %v", p)
		}
		if p := stats.P95(all[:stats.Hours-1]...); p < 10*time.Millisecond || p > 13*time.Millisecond {
			t.Errorf("p95 before the slow one is %v", p)
		}
	})
}

func TestTheDayOutlivesAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const url = "https://a.example/"
		w, dir := newWorld(), t.TempDir()
		w.answers(url, func(p post) answer {
			if p.seq == 3 && p.nth == 1 {
				return answer{status: 500}
			}
			return answer{after: 40 * time.Millisecond}
		})
		s := startSite(t, dir, w)
		e := s.register(url, "", "*")
		s.publish("face_matched", "face_matched", "face_matched")
		time.Sleep(time.Minute)
		synctest.Wait()
		want := s.service.Status(e.ID).Hours
		if delivered, failed := stats.Sum(want...); delivered != 3 || failed != 1 {
			t.Fatalf("%d delivered, %d failed", delivered, failed)
		}
		killed := t.TempDir()
		copyFolder(t, dir, killed)
		s.stop()

		s = openSite(t, killed, w)
		after := s.service.Status(e.ID) // before anything runs
		if !slices.Equal(after.Hours, want) {
			t.Errorf("after the kill the hours are %+v\nwant %+v", after.Hours, want)
		}
		if p := stats.P95(after.Hours...); p < 40*time.Millisecond || p > 51*time.Millisecond {
			t.Errorf("p95 is %v", p)
		}
		time.Sleep(25 * time.Hour)
		if delivered, failed := stats.Sum(s.service.Status(e.ID).Hours...); delivered+failed != 0 {
			t.Errorf("a day later there are %d delivered and %d failed", delivered, failed)
		}
	})
}
