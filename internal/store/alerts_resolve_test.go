package store

import (
	"errors"
	"fmt"
	"testing"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/alerts"
)

// announced is an announcement of Postern's; with resolves, one that ends a state.
func announced(id string, resolves ...string) *event.Event {
	a := event.Announcement{Module: "webhooks", Kind: event.WebhookFailing, Message: id}
	if resolves != nil { // an empty list counts too
		a.Kind, a.Resolves = event.WebhookRecovered, resolves
	}
	e, err := a.Event(id, start)
	if err != nil {
		panic(err)
	}
	return e
}

func TestResolve_closesTheAlertsThatItNames(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		resolves []string
		open     []int64
	}{
		"one":                 {[]string{"failing"}, []int64{3, 1}},
		"several":             {[]string{"failing", "offline"}, []int64{3}},
		"twice the same":      {[]string{"failing", "failing"}, []int64{3, 1}},
		"none that is known":  {[]string{}, []int64{3, 2, 1}},
		"one that is unknown": {[]string{"gone", "failing"}, []int64{3, 1}},
		"no alert":            {[]string{"calm"}, []int64{3, 2, 1}},
		"itself":              {[]string{"recovered"}, []int64{3, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			add(t, j, made(withID("offline"), withType(event.SystemError)), announced("failing"),
				made(withID("vip"), withType(event.WatchlistAlert)), made(withID("calm")))
			recovered := announced("recovered", tc.resolves...)
			add(t, j, recovered)
			wantOpen(t, j, tc.open...)
			if _, _, err := j.Alerts.Acknowledge(t.Context(), recovered, alert.Act{By: "Alice"}); !errors.Is(err, alerts.ErrNoAlert) {
				t.Errorf("acknowledging the recovery: %v", err)
			}
			if all := listed(t, j, alerts.Query{State: alerts.All}); fmt.Sprint(all) != "[3 2 1]" {
				t.Errorf("all alerts are %v", all)
			}
			// Sent again, as after a crash, it changes nothing.
			if b := add(t, j, announced("recovered", tc.resolves...)); b.Duplicates != 1 {
				t.Errorf("%d duplicates", b.Duplicates)
			}
			j = reopen(t, j)
			wantOpen(t, j, tc.open...)
		})
	}
}

func TestResolve_saysWhoClosedAnAlert(t *testing.T) {
	t.Parallel()
	j := open(t)
	one, other := announced("one"), announced("other")
	add(t, j, one, other)
	acknowledge(t, j, one, "Alice")
	add(t, j, announced("recovered", "one", "other"))
	if a := acknowledged(t, j, one); a.By != "Alice" || a.Resolver != "" {
		t.Errorf("the one that Alice took: %+v", a)
	}
	if a := acknowledged(t, j, other); a.By != alert.ResolvedBy || a.Resolver != "recovered" || a.At.IsZero() {
		t.Errorf("the other: %+v", a)
	}
	// A late acknowledgement gets the answer that the alert was resolved.
	if a, fresh, err := j.Alerts.Acknowledge(t.Context(), other, alert.Act{By: "Bob"}); err != nil || fresh || a.Resolver != "recovered" {
		t.Errorf("once more: %+v, fresh %t, %v", a, fresh, err)
	}
	add(t, j, announced("again"))
	wantOpen(t, j, 4)
}

func TestResolve_ofOneBatchWithItsAlert(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, announced("failing"), announced("recovered", "failing"), announced("late", "next"), announced("next"))
	wantOpen(t, j, 4)
}

// All that are open are acknowledged at once without counting recoveries.
func TestResolve_isNotCountedAmongAlerts(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, announced("failing"), announced("recovered", "unknown"), made(withType(event.LivenessFailed)))
	add(t, j, announced("recovered2", "gone"))
	if n, err := j.Alerts.AcknowledgeAll(t.Context(), alerts.Selection{Through: j.Head()}, alert.Act{By: "Alice"}); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	wantOpen(t, j)
}
