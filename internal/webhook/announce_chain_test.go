package webhook

import (
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
)

// Where only announcements fail, the state that follows isn't announced, or
// webhooks that fail would announce each other in turn. Once another event fails
// too, it is; also after a restart.
func TestAnnouncement_noneOfAnAnnouncementsFailure(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	for name, refuse := range map[string]answer{"no connection": {class: delivery.ClassConnect}, "refused": {status: 500}} {
		for _, restart := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := startTelling(t, w)
				first := s.register(urlA, "", "face_matched")
				quiet := s.registerWith(urlB, delivery.Settings{Ordered: true}, "system_error", "line_crossed")
				w.answers(urlB, always(refuse))
				w.answers(urlA, status(410))
				s.publish("face_matched")
				rest(time.Hour)
				if st := s.service.Status(quiet.ID); st.State != delivery.Failing || s.service.Status(first.ID).State != delivery.Disabled {
					t.Fatalf("%s: the status is %+v", name, st)
				}
				s.wantKinds(event.WebhookDisabled)
				if restart {
					s.stop()
					s = openSite(t, s.dir, w)
					s.service.publish = s.hub.Publish
					s.run()
					rest(time.Hour)
					s.wantKinds(event.WebhookDisabled)
				}
				s.publish("line_crossed")
				w.answers(urlB, func(p post) answer {
					if p.kind == event.LineCrossed {
						return refuse
					}
					return answer{}
				})
				rest(time.Hour)
				s.wantKinds(event.WebhookDisabled, event.WebhookFailing)
				w.answers(urlB, nil)
				rest(time.Hour)
				s.wantKinds(event.WebhookDisabled, event.WebhookFailing, event.WebhookRecovered)
				s.wantOwnOpen(1)
			})
		}
	}
}

// Many webhooks that hear of each other and fail together: each is announced
// once, and nothing follows from that.
func TestAnnouncement_noChainAmongFailingWebhooks(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := startTelling(t, w)
		const webhooks = 8
		for i := range webhooks {
			url := urlA + string(rune('a'+i))
			s.register(url, "", "*")
			w.answers(url, always(answer{class: delivery.ClassConnect}))
		}
		s.publishMany(3, "face_matched")
		rest(24 * time.Hour)
		if n := len(s.told()); n != webhooks {
			t.Errorf("%d announcements, want one for each of %d webhooks", n, webhooks)
		}
	})
}
