package cameras

import (
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	stored "postern/internal/store/cameras"
)

func TestFind_sortsFiltersAndPages(t *testing.T) {
	simulated(t, func(s *site) {
		for id, to := range map[string]stored.Settings{
			"cam-1": {Name: "Zollhaus", Site: "Hafen"},
			"cam-2": {Name: "Ärztehaus", Site: "Innenstadt", Group: "Eingang"},
			"cam-3": {Name: "Kai", Site: "Hafen", Group: "Eingang"},
			"cam-4": {SilentAfter: new(time.Minute)},
			"cam-5": {Name: "Never seen"},
		} {
			if _, err := s.set(id, to); err != nil {
				t.Fatal(err)
			}
		}
		s.send(event.FaceDetected, `{}`, "cam-4", "cam-1", "cam-1", "cam-1")
		s.rest(2 * time.Minute)
		s.send(event.SystemError, offline, "cam-3", "cam-3")
		s.rest(time.Second)
		s.send(event.WatchlistAlert, `{}`, "cam-2")
		s.rest(2 * time.Minute)

		all := func(string) bool { return true }
		find := func(q Query) string {
			t.Helper()
			var ids []string
			for {
				page, err := s.Find(s.t.Context(), q, all)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page.Cameras {
					ids = append(ids, strings.TrimPrefix(c.ID, "cam-"))
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					return strings.Join(ids, "")
				}
			}
		}
		for _, tc := range []struct {
			q    Query
			want string
		}{
			{Query{}, "12345"},
			{Query{Order: ByID, Reversed: true}, "54321"},
			{Query{Order: ByName}, "24351"}, // Ärztehaus, cam-4, Kai, Never seen, Zollhaus
			{Query{Order: BySite}, "13245"},
			{Query{Order: ByState}, "34521"},
			{Query{Order: ByRate}, "13245"},
			{Query{Order: ByLastEvent}, "23145"},
			{Query{Order: ByAlerts}, "32145"},
			{Query{Order: ByAlerts, Reversed: true}, "54123"},
			{Query{Text: "arzte"}, "2"},
			{Query{Text: " HAFEN"}, "13"},
			{Query{Text: "cam-4"}, "4"},
			{Query{Site: "Hafen"}, "13"},
			{Query{Site: "Hafen", Group: "Eingang"}, "3"},
			{Query{Site: "hafen"}, ""},
			{Query{State: Offline}, "3"},
			{Query{Text: "nothing"}, ""},
		} {
			for _, limit := range []int{0, 1, 2, 5} {
				tc.q.Limit = limit
				if got := find(tc.q); got != tc.want {
					t.Errorf("%+v: got %s, want %s", tc.q, got, tc.want)
				}
			}
		}
		page, err := s.Find(s.t.Context(), Query{Text: "hafen", State: Offline, Limit: 1}, all)
		if err != nil || page.Total != 1 || page.States[Live] != 1 || page.States[Offline] != 1 || len(page.States) != 2 ||
			strings.Join(page.Sites, ",") != "Hafen,Innenstadt" || strings.Join(page.Groups, ",") != "Eingang" {
			t.Errorf("got %+v, %v", page, err)
		}
		if c := page.Cameras[0]; c.OpenAlerts != 2 || c.Rate.LastHour != 2 || c.Rate.Known {
			t.Errorf("cam-3 is %+v", c)
		}
		// A principal that may not see a camera sees neither it nor its site.
		page, err = s.Find(s.t.Context(), Query{}, func(id string) bool { return id == "cam-3" })
		if err != nil || len(page.Cameras) != 1 || page.Total != 1 || strings.Join(page.Sites, ",") != "Hafen" {
			t.Errorf("got %+v, %v", page, err)
		}
		for _, cursor := range []string{"x", "!", "eA", (position{id: "a"}).cursor()[1:]} {
			if _, err := s.Find(s.t.Context(), Query{Cursor: cursor}, all); err == nil {
				t.Errorf("the cursor %q is taken", cursor)
			}
		}
	})
}
