package web

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/web/api"
)

// A webhook's backlog is the same number on all pages, in the API and in the
// metrics, and counts only the events that match its filter.
func TestWaitingIsTheSameEverywhere(t *testing.T) {
	s := startService(t)
	sink := startSink(t)
	for i, tc := range []struct {
		settings string
		want     int
	}{
		{`"event_types":["*"]`, 60},
		{`"event_types":["watchlist_alert"]`, 6},
		{`"event_types":["*"],"camera_ids":["cam-1"]`, 20},
		{`"event_types":["face_matched"],"camera_ids":["cam-1"]`, 18},
		{`"event_types":["*"],"sources":["other"]`, 15},
		{`"event_types":["*"],"conditions":{"similarity":{">=":1}}`, 30},
		{`"event_types":["liveness_failed"]`, 0},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := *s
			s.t = t
			var hook api.Webhook
			s.post("/api/v1/events/webhooks", fmt.Sprintf(`{"url":%q,%s}`, fmt.Sprintf("%s/%d", sink.URL, i), tc.settings)).want(200).into(&hook)
			path := "/api/v1/events/webhooks/" + hook.ID
			s.post(path+"/pause", "").want(200)
			var lines strings.Builder
			for n := range 60 {
				kind, source := "face_matched", "face_pipeline"
				if n%10 == 0 {
					kind = "watchlist_alert"
				}
				if n%4 == 3 {
					source = "other"
				}
				fmt.Fprintf(&lines, `{"type":%q,"source":%q,"camera_id":"cam-%d","data":{"similarity":%d.5}}`+"\n", kind, source, n%3, n%2)
			}
			s.post("/api/v1/events", lines.String()).want(202)

			s.get(path).want(200).into(&hook)
			if hook.Status.Behind != int64(tc.want) || hook.Status.Estimated {
				t.Errorf("the API says %d (estimated: %v), want %d", hook.Status.Behind, hook.Status.Estimated, tc.want)
			}
			var list []api.Webhook
			s.get("/api/v1/events/webhooks").want(200).into(&list)
			if len(list) != 1 || list[0].Status.Behind != int64(tc.want) {
				t.Errorf("the API's list says %+v, want %d", list, tc.want)
			}
			if got := s.metrics().values[fmt.Sprintf(`postern_webhook_lag_events{webhook=%q}`, hook.ID)]; got != float64(tc.want) {
				t.Errorf("the metrics say %v, want %d", got, tc.want)
			}
			words := "Nothing"
			if tc.want > 0 {
				words = fmt.Sprintf("%d events", tc.want)
			}
			for page, want := range map[string]string{"/webhooks": words, "/webhooks/" + hook.ID: words,
				"/": fmt.Sprintf(`<dd class="num">%d</dd>`, tc.want)} {
				if body := string(s.get(page).want(200).body); !strings.Contains(body, want) {
					t.Errorf("%s doesn't say %q", page, want)
				}
			}
			s.do("DELETE", path, "").want(200)
		})
	}
}
