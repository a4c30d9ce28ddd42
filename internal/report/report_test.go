package report

import (
	"testing"
	"time"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/eventtest"
)

func TestTimes_Percentile(t *testing.T) {
	t.Parallel()
	var none Times
	if none.Percentile(50) != 0 {
		t.Error("no times have a percentile")
	}
	var times Times
	for i := 20; i > 0; i-- { // in no order
		times.list = append(times.list, time.Duration(i)*time.Second)
	}
	if p50, p95 := times.Percentile(50), times.Percentile(95); p50 != 10*time.Second || p95 != 19*time.Second {
		t.Errorf("p50 is %s, p95 %s", p50, p95)
	}
	if one := (Times{[]time.Duration{time.Minute}}); one.Percentile(50) != time.Minute || one.Percentile(95) != time.Minute {
		t.Error("one time is not every percentile")
	}
}

func TestReport_counts_what_ended_by_itself_apart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 0, 0, 0, time.UTC)
	silent, err := event.Announcement{Kind: event.CameraSilent, Message: "gate is silent."}.Event("evt_silent", now)
	if err != nil {
		t.Fatal(err)
	}
	alice := eventtest.New(eventtest.WithType(event.WatchlistAlert), eventtest.At(now))
	alice.Received = now
	var r Report
	counts, people := map[event.Type]*TypeCount{}, map[string]*Person{}
	r.add(silent, alert.Acknowledgement{By: "postern", At: now.Add(time.Hour), Resolver: "evt_back"}, counts, people)
	r.add(alice, alert.Acknowledgement{By: "olga", At: now.Add(time.Minute)}, counts, people)
	r.add(alice, alert.Acknowledgement{}, counts, people)
	if r.All.Alerts != 3 || r.All.Resolved != 1 || r.All.Acknowledged != 1 || r.All.Open() != 1 {
		t.Errorf("the alerts are %+v", r.All)
	}
	if r.Took.Count() != 1 || r.Took.Percentile(50) != time.Minute || len(people) != 1 || people["olga"] == nil {
		t.Errorf("the times are %+v of %v", r.Took, people)
	}
	if len(r.Outages) != 1 || !r.Outages[0].Ended.Equal(now.Add(time.Hour)) {
		t.Errorf("the outages are %+v", r.Outages)
	}
}
