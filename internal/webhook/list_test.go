package webhook

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
)

func TestService_List(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		register := func(url string, settings delivery.Settings) string {
			time.Sleep(time.Second)
			return s.registerWith(url, settings).ID
		}
		names := map[string]string{
			register("https://quick.example/", delivery.Settings{Name: "Zeta", Labels: []string{"site:north", "prod"}}): "quick",
			register("https://slow.example/", delivery.Settings{Labels: []string{"site:north"}}):                        "slow",
			register("https://broken.example/", delivery.Settings{Name: "alpha", Description: "Call Bob."}):             "broken",
			register("https://idle.example/", delivery.Settings{}):                                                      "idle",
		}
		ids := make(map[string]string)
		for id, name := range names {
			ids[name] = id
		}
		w.answers("https://quick.example/", func(post) answer { return answer{after: 10 * time.Millisecond} })
		w.answers("https://slow.example/", func(p post) answer {
			if p.seq == 1 && p.nth == 1 {
				return answer{status: 500}
			}
			return answer{after: time.Second}
		})
		w.answers("https://broken.example/", status(503))
		s.pause(ids["idle"])
		s.publishMany(20, "face_matched")
		rest(2 * time.Minute)
		for _, tc := range []struct {
			q    delivery.EndpointQuery
			want []string
		}{
			{delivery.EndpointQuery{}, []string{"quick", "slow", "broken", "idle"}},
			{delivery.EndpointQuery{Descending: true}, []string{"idle", "broken", "slow", "quick"}},
			{delivery.EndpointQuery{Sort: delivery.SortName}, []string{"broken", "idle", "slow", "quick"}},
			{delivery.EndpointQuery{Sort: delivery.SortState, Descending: true}, []string{"broken", "idle", "quick", "slow"}},
			{delivery.EndpointQuery{Sort: delivery.SortSuccess}, []string{"broken", "slow", "quick", "idle"}},
			{delivery.EndpointQuery{Sort: delivery.SortP95, Descending: true}, []string{"slow", "quick", "broken", "idle"}},
			{delivery.EndpointQuery{Sort: delivery.SortP95}, []string{"quick", "slow", "broken", "idle"}},
			{delivery.EndpointQuery{Sort: delivery.SortBacklogAge, Descending: true}, []string{"broken", "idle", "quick", "slow"}},
			{delivery.EndpointQuery{Sort: delivery.SortLastFailure, Descending: true}, []string{"broken", "slow", "quick", "idle"}},
			{delivery.EndpointQuery{States: []delivery.State{delivery.Failing, delivery.Paused}}, []string{"broken", "idle"}},
			{delivery.EndpointQuery{Labels: []string{"site:north"}}, []string{"quick", "slow"}},
			{delivery.EndpointQuery{Labels: []string{"site:north", "prod"}}, []string{"quick"}},
			{delivery.EndpointQuery{Text: "bOB"}, []string{"broken"}},
			{delivery.EndpointQuery{Text: "ZETA"}, []string{"quick"}},
			{delivery.EndpointQuery{Text: "north"}, []string{"quick", "slow"}},
			{delivery.EndpointQuery{Text: ids["idle"]}, []string{"idle"}},
			{delivery.EndpointQuery{Text: "example/", Labels: []string{"none"}}, nil},
		} {
			var got []string
			for _, one := range s.service.List(tc.q) {
				got = append(got, names[one.ID])
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%+v lists %v, want %v", tc.q, got, tc.want)
			}
		}
	})
}

func TestService_PauseEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startSite(t, t.TempDir(), w)
		a, b, c := s.register(urlA, "", "*").ID, s.register(urlB, "", "*").ID, s.register("https://c.example/", "", "*").ID
		states := func() (all []delivery.State) {
			for _, id := range []string{a, b, c} {
				all = append(all, s.service.Status(id).State)
			}
			return all
		}
		errs := s.service.PauseEach(t.Context(), []string{a, "wh_none", b})
		if errs[0] != nil || !errors.Is(errs[1], ErrNotFound) || errs[2] != nil {
			t.Errorf("the errors are %v", errs)
		}
		if got := states(); !slices.Equal(got, []delivery.State{delivery.Paused, delivery.Paused, delivery.Active}) {
			t.Errorf("the states are %v", got)
		}
		s.publish("face_matched")
		rest(time.Second)
		if errs := s.service.ResumeEach(t.Context(), []string{a, b}, FromNow); errs[0] != nil || errs[1] != nil {
			t.Errorf("the errors are %v", errs)
		}
		rest(time.Second)
		if len(w.delivered(urlA))+len(w.delivered(urlB)) != 0 || s.service.Status(b).Skipped != 1 {
			t.Error("they were resumed with their backlogs")
		}
		s.stop()
		again := openSiteAgain(t, s)
		for _, id := range []string{a, b, c} {
			if state := again.service.Status(id).State; state != delivery.Active {
				t.Errorf("after a restart %s is %s", id, state)
			}
		}
	})
}
