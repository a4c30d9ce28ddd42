package web

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"postern/internal/access"
	"postern/internal/account"
	"postern/internal/store/auditlog"
	"postern/internal/web/api"
)

// missed registers a webhook, and skips an event of it.
func (g *guarded) missed(url string, as []string) (hook api.Webhook) {
	g.t.Helper()
	const hooks = apiPath + "/events/webhooks"
	g.do("POST", hooks, `{"url":"`+url+`","event_types":["*"]}`, as...).want(200).into(&hook)
	g.do("POST", hooks+"/"+hook.ID+"/pause", "", as...).want(200)
	g.seen(1, "lobby", "carol")
	g.do("POST", hooks+"/"+hook.ID+"/resume", `{"from":"now"}`, as...).want(200)
	return hook
}

func TestRecover_throughTheAPI(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	root, receiver := g.signedIn("root"), answering(t)
	one, other := g.missed(receiver+"/one", root), g.missed(receiver+"/two", root)
	const hooks = apiPath + "/events/webhooks"
	body := func(more string) string {
		return `{"ids":["` + one.ID + `","` + other.ID + `"],"from":"-1h"` + more + `}`
	}

	var counts api.RecoveryCounts
	g.do("POST", hooks+"/recover", body(`,"dry_run":true`), root...).want(200).into(&counts)
	if counts.Undelivered != 2 || !counts.Exact || len(counts.Webhooks) != 2 || counts.Expired != 0 ||
		!maps.Equal(counts.Webhooks[0].ByCause, map[string]int{"skipped": 1}) {
		t.Fatalf("the dry run says %+v", counts)
	}
	for _, wrong := range []string{
		`{"ids":["` + one.ID + `"]}`, `{"from":"-1h"}`, body(`,"to":"-2h"`), body(`,"causes":["weather"]`), body(`,"causes":[]`),
		body(`,"event_types":["x"]`), body(`,"camera_ids":[""]`), body(`,"causes":["exhausted"]`),
	} {
		g.do("POST", hooks+"/recover", wrong, root...).problem(400)
	}
	g.do("POST", hooks+"/recover", `{"ids":["wh_none"],"from":"-1h"}`, root...).problem(404)

	// The same request is carried out once.
	var begun, again api.Recovery
	keyed := append([]string{"Idempotency-Key", "night"}, root...)
	g.do("POST", hooks+"/recover", body(``), keyed...).want(http.StatusAccepted).into(&begun)
	g.do("POST", hooks+"/recover", body(``), keyed...).want(http.StatusAccepted).into(&again)
	if begun.ID == "" || begun.ID != again.ID || len(begun.Webhooks) != 2 || begun.From == "" || begun.To != "" ||
		!slices.Equal(begun.Causes, []string{"exhausted", "set_aside", "skipped", "storm_control"}) {
		t.Fatalf("begun are %+v and %+v", begun, again)
	}
	var now api.Recovery
	eventually(t, "the recovery has ended", func() bool {
		g.do("GET", hooks+"/recoveries/"+begun.ID, "", root...).want(200).into(&now)
		return now.State == "done"
	})
	if now.Sent != int64(counts.Undelivered) || now.EndedAt == "" || now.Webhooks[0].Position != now.Webhooks[0].ThroughSeq {
		t.Errorf("the recovery is %+v", now)
	}
	var list []api.Recovery
	g.do("GET", hooks+"/recoveries", "", root...).want(200).into(&list)
	if len(list) != 1 || list[0].ID != begun.ID {
		t.Errorf("the list is %+v", list)
	}
	g.do("DELETE", hooks+"/recoveries/"+begun.ID, "", root...).want(200).into(&now)
	if now.State != "done" {
		t.Errorf("a recovery that has ended became %+v", now)
	}
	g.do("DELETE", hooks+"/recoveries/rc_none", "", root...).problem(404)
	g.do("GET", hooks+"/recoveries/rc_none", "", root...).problem(404)

	// Each webhook has its entry in the audit.
	targets := map[string]int{}
	entries, err := g.access.Audit(t.Context(), auditlog.Query{Action: string(access.WebhookRecover), Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Outcome == string(access.Done) {
			targets[e.Target]++
		}
	}
	if targets[one.ID] != 1 || targets[other.ID] != 1 || targets["dry run"] != 1 {
		t.Errorf("the audit has the targets %v", targets)
	}
}

func TestRecover_takesAPrincipalOfAllCameras(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	const hooks = apiPath + "/events/webhooks"
	g.account("sam", account.Operator, "lobby")
	g.account("vera", account.Viewer)
	g.account("olga", account.Operator)
	for name, status := range map[string]int{"sam": 403, "vera": 403, "olga": 200} {
		as := g.signedIn(name)
		g.do("POST", hooks+"/recover", `{"filter":{},"from":"-1h","dry_run":true}`, as...).want(status)
		g.do("GET", hooks+"/recoveries", "", as...).want(status)
	}
	reader := g.key("reader", account.ScopeRead)
	g.do("POST", hooks+"/recover", `{"filter":{},"from":"-1h"}`, reader...).problem(403)
	g.do("GET", hooks+"/recoveries", "", reader...).problem(403)
	g.do("DELETE", hooks+"/recoveries/rc_1", "", reader...).problem(403)
}

// A replay may have an end, and the filters of a recovery.
func TestReplays_haveAnEndAndFilters(t *testing.T) {
	t.Parallel()
	s := startService(t)
	id := s.registered(answering(t)+"/in", "*")
	for _, camera := range []string{"a", "b", "b"} {
		s.post("/api/v1/events", `{"type":"face_matched","source":"x","camera_id":"`+camera+`"}`).want(202)
	}
	count := func(more string) int {
		var got struct{ Matching int }
		s.post("/api/v1/events/webhooks/"+id+"/replays", `{"after_seq":0,"dry_run":true`+more+`}`).want(200).into(&got)
		return got.Matching
	}
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for more, want := range map[string]int{
		"": 3, `,"until":"` + soon + `"`: 3, `,"until":"-1h"`: 0, `,"camera_ids":["b"]`: 2, `,"camera_ids":["b"],"sources":["y"]`: 0,
	} {
		if got := count(more); got != want {
			t.Errorf("%s: %d match, want %d", more, got, want)
		}
	}
	s.post("/api/v1/events/webhooks/"+id+"/replays", `{"since":"-1h","until":"-2h"}`).want(400)
	var replay api.Replay
	s.post("/api/v1/events/webhooks/"+id+"/replays", `{"since":"-1h","camera_ids":["b"]}`).want(202).into(&replay)
	if !slices.Equal(replay.CameraIDs, []string{"b"}) || replay.RecoveryID != "" || replay.Causes != nil || replay.Expired != nil {
		t.Errorf("the replay is %+v", replay)
	}
}
