package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"postern/internal/alert"
	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/store/eventrow"
)

// groups returns the groups of a selection as "type kind count first-last".
func groups(t testing.TB, j *Store, sel alerts.Selection) (list []string) {
	t.Helper()
	page, err := j.Alerts.Groups(t.Context(), alerts.GroupQuery{Selection: sel, Limit: 100})
	if err != nil || page.AtLeast || page.Total != int64(len(page.Groups)) {
		t.Fatalf("%+v, %v", page, err)
	}
	for _, g := range page.Groups {
		c := alert.CauseOf(g.Newest)
		list = append(list, fmt.Sprintf("%s %s=%s %d: %d-%d", g.Type, c.Kind, c.Key, g.Count, g.First, g.Last))
		if g.Newest.Seq != g.Last || g.ID != j.Alerts.CauseID(c) || g.Since.IsZero() {
			t.Errorf("the group is %+v", g)
		}
	}
	return list
}

func wantGroups(t testing.TB, j *Store, sel alerts.Selection, want ...string) {
	t.Helper()
	if got := groups(t, j, sel); !slices.Equal(got, want) {
		t.Errorf("the groups are %q, want %q", got, want)
	}
}

// match is a watchlist alert about a person.
func match(identity, camera string) *event.Event {
	return made(withType(event.WatchlistAlert), withCamera(camera), withData(fmt.Sprintf(`{"identity_id":%q}`, identity)))
}

// aNight appends alerts of several causes.
func aNight(t testing.TB, j *Store) []*event.Event {
	events := []*event.Event{
		match("abc-123", "lobby"),
		made(withType(event.SystemError), withCamera("gate")),
		match("xyz-9", "gate"),
		made(withType(event.LivenessFailed), withCamera("lobby")),
		match("abc-123", "gate"),
		made(withType(event.FaceMatched), withCamera("gate")),
		announced("first failing"),
		announced("second failing"),
	}
	add(t, j, events...)
	return events
}

func TestGroups_areByCauseTheMostSevereFirst(t *testing.T) {
	t.Parallel()
	j := open(t)
	aNight(t, j)
	want := []string{
		"watchlist_alert identity=abc-123 2: 1-5",
		"watchlist_alert identity=xyz-9 1: 3-3",
		"liveness_failed camera=lobby 1: 4-4",
		"system_error announcement=webhook_failing 2: 7-8",
		"system_error camera=gate 1: 2-2",
	}
	wantGroups(t, j, alerts.Selection{}, want...)
	wantGroups(t, reopen(t, j), alerts.Selection{}, want...)
}

func TestGroups_ofASelection(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := aNight(t, j)
	person := j.Alerts.CauseID(alert.CauseOf(events[0]))
	for name, test := range map[string]struct {
		sel  alerts.Selection
		want []string
	}{
		"a camera": {alerts.Selection{Filter: event.Filter{Cameras: []string{"gate"}}}, []string{"watchlist_alert identity=abc-123 1: 5-5",
			"watchlist_alert identity=xyz-9 1: 3-3", "system_error camera=gate 1: 2-2"}},
		"a type": {alerts.Selection{Filter: event.Filter{Types: event.Types(event.LivenessFailed)}},
			[]string{"liveness_failed camera=lobby 1: 4-4"}},
		"a source": {alerts.Selection{Filter: event.Filter{Sources: []string{event.OwnSource}}},
			[]string{"system_error announcement=webhook_failing 2: 7-8"}},
		"a cause": {alerts.Selection{Cause: person}, []string{"watchlist_alert identity=abc-123 2: 1-5"}},
		"up to an alert": {alerts.Selection{Through: 3}, []string{"watchlist_alert identity=xyz-9 1: 3-3",
			"watchlist_alert identity=abc-123 1: 1-1",
			"system_error camera=gate 1: 2-2"}},
		"some alerts": {alerts.Selection{Seqs: []int64{4, 5, 6}}, []string{"watchlist_alert identity=abc-123 1: 5-5",
			"liveness_failed camera=lobby 1: 4-4"}},
		"no type": {alerts.Selection{Filter: event.Filter{Types: event.Types(event.FaceMatched)}}, nil},
	} {
		if got := groups(t, j, test.sel); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	page, err := j.Alerts.Groups(t.Context(), alerts.GroupQuery{Skip: 1, Limit: 2})
	if err != nil || page.Total != 5 || page.Alerts != 7 || len(page.Groups) != 2 || page.Groups[0].Last != 3 || page.Groups[1].Last != 4 {
		t.Errorf("the second and the third are %+v, %v", page, err)
	}
	if beyond, err := j.Alerts.Groups(t.Context(), alerts.GroupQuery{Skip: 9, Limit: 2}); err != nil || len(beyond.Groups) != 0 {
		t.Errorf("beyond the last: %+v, %v", beyond, err)
	}
}

func TestGroups_sayFromWhichCameras(t *testing.T) {
	t.Parallel()
	j := open(t)
	aNight(t, j)
	page, err := j.Alerts.Groups(t.Context(), alerts.GroupQuery{Limit: 2})
	if err != nil || page.Groups[0].Cameras != 2 || page.Groups[0].Camera != "" || page.Groups[1].Cameras != 1 ||
		page.Groups[1].Camera != "gate" {
		t.Errorf("%+v, %v", page.Groups, err)
	}
}

func TestAcknowledgeAll_takesASelectionAndNothingElse(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now})
	events := aNight(t, j)
	ctx := t.Context()
	person := j.Alerts.CauseID(alert.CauseOf(events[0]))
	add(t, j, match("abc-123", "lobby"))
	// Seen up to 5: the alert that arrived since stays open.
	if n, err := j.Alerts.AcknowledgeAll(
		ctx,
		alerts.Selection{Cause: person, Through: 5},
		alert.Act{By: "Alice", Note: "Guard sent."},
	); err != nil ||
		n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	wantOpen(t, j, 9, 8, 7, 4, 3, 2)
	clock.Advance(time.Minute)
	if n, err := j.Alerts.AcknowledgeAll(
		ctx,
		alerts.Selection{Filter: event.Filter{Cameras: []string{"gate"}}},
		alert.Act{By: "Bob"},
	); err != nil ||
		n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	wantOpen(t, j, 9, 8, 7, 4)
	j = reopen(t, j)
	if a := acknowledged(t, j, events[4]); a.By != "Alice" || a.Note != "Guard sent." || !a.At.Equal(start) {
		t.Errorf("the first: %+v", a)
	}
	actions, next, err := j.Alerts.Actions(ctx, alerts.ActionQuery{Limit: 10})
	if err != nil || next != 0 || len(actions) != 2 {
		t.Fatalf("%+v, %d, %v", actions, next, err)
	}
	if a := actions[0]; a.Actor != "Bob" || a.Kind != alert.Acknowledged || a.Alerts != 2 || a.First != 2 || a.Last != 3 || a.Cause != 0 ||
		a.Camera != "gate" || a.Note != "" || !a.At.Equal(start.Add(time.Minute)) {
		t.Errorf("the newest action is %+v", a)
	}
	if a := actions[1]; a.Actor != "Alice" || a.Alerts != 2 || a.First != 1 || a.Last != 5 || a.Cause != person || a.Camera != "" ||
		a.Note != "Guard sent." {
		t.Errorf("the oldest action is %+v", a)
	}
	// The history of one cause, of some cameras, and by pages.
	if of, _, err := j.Alerts.Actions(
		ctx,
		alerts.ActionQuery{Cause: person, Limit: 10},
	); err != nil || len(of) != 1 ||
		of[0].Actor != "Alice" {
		t.Errorf("of the person: %+v, %v", of, err)
	}
	if of, _, err := j.Alerts.Actions(
		ctx,
		alerts.ActionQuery{Cameras: []string{"gate"}, Limit: 10},
	); err != nil || len(of) != 1 ||
		of[0].Actor != "Bob" {
		t.Errorf("of the camera: %+v, %v", of, err)
	}
	page, next, err := j.Alerts.Actions(ctx, alerts.ActionQuery{Limit: 1})
	if err != nil || len(page) != 1 || next == 0 {
		t.Fatalf("the first page: %+v, %d, %v", page, next, err)
	}
	if page, next, err = j.Alerts.Actions(
		ctx,
		alerts.ActionQuery{Limit: 1, Cursor: next},
	); err != nil || len(page) != 1 || page[0].Actor != "Alice" ||
		next != 0 {
		t.Errorf("the second page: %+v, %d, %v", page, next, err)
	}
}

// Many alerts take several commits, and are one action.
func TestAcknowledgeAll_isOneActionForManyAlerts(t *testing.T) {
	t.Parallel()
	j := open(t)
	const many = 12_000
	for range 4 {
		events := make([]*event.Event, many/4)
		for i := range events {
			events[i] = made(withType(event.WatchlistAlert), withCamera("busy"))
		}
		add(t, j, events...)
	}
	if n, err := j.Alerts.AcknowledgeAll(t.Context(), alerts.Selection{}, alert.Act{By: "Alice"}); err != nil || n != many {
		t.Fatalf("%d, %v", n, err)
	}
	wantOpen(t, j)
	actions, _, err := j.Alerts.Actions(t.Context(), alerts.ActionQuery{Limit: 10})
	if err != nil || len(actions) != 1 || actions[0].Alerts != many || actions[0].First != 1 || actions[0].Last != many ||
		actions[0].Camera != "busy" {
		t.Errorf("%+v, %v", actions, err)
	}
	if n, err := j.Alerts.AcknowledgeAll(t.Context(), alerts.Selection{}, alert.Act{By: "Bob"}); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	if actions, _, _ := j.Alerts.Actions(t.Context(), alerts.ActionQuery{Limit: 10}); len(actions) != 1 {
		t.Errorf("nothing was done, and there are %d actions", len(actions))
	}
}

func TestAssign_untilNoAlertIsOpen(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := aNight(t, j)
	ctx := t.Context()
	person := alerts.Selection{Cause: j.Alerts.CauseID(alert.CauseOf(events[0]))}
	if err := j.Alerts.Assign(ctx, person, "Alice", alert.Act{By: "Bob"}); err != nil {
		t.Fatal(err)
	}
	add(t, j, match("abc-123", "yard")) // belongs to her too
	j = reopen(t, j)
	wantGroups(t, j, alerts.Selection{Assignee: "Alice"}, "watchlist_alert identity=abc-123 3: 1-9")
	wantGroups(t, j, alerts.Selection{Assignee: "Bob"})
	page, err := j.Alerts.Groups(ctx, alerts.GroupQuery{Limit: 1})
	if err != nil || page.Groups[0].Assignee != "Alice" || page.Groups[0].Assigned.IsZero() {
		t.Errorf("%+v, %v", page, err)
	}
	if n, err := j.Alerts.AcknowledgeAll(ctx, alerts.Selection{Assignee: "Alice"}, alert.Act{By: "Alice"}); err != nil || n != 3 {
		t.Errorf("hers: %d, %v", n, err)
	}
	add(t, j, match("abc-123", "yard")) // the next time it is nobody's
	wantGroups(t, j, alerts.Selection{Assignee: "Alice"})
	if err := j.Alerts.Assign(ctx, person, "Alice", alert.Act{By: "Alice"}); err != nil {
		t.Fatal(err)
	}
	if err := j.Alerts.Assign(ctx, person, "", alert.Act{By: "Alice"}); err != nil {
		t.Fatal(err)
	}
	wantGroups(t, j, alerts.Selection{Assignee: "Alice"})
	var kinds []string
	actions, _, err := j.Alerts.Actions(ctx, alerts.ActionQuery{Cause: person.Cause, Limit: 10})
	for _, a := range actions {
		kinds = append(kinds, fmt.Sprintf("%s %s %s", a.Actor, a.Kind, a.Assignee))
	}
	if want := []string{
		"Alice released ",
		"Alice assigned Alice",
		"Alice acknowledged ",
		"Bob assigned Alice",
	}; err != nil ||
		!slices.Equal(kinds, want) {
		t.Errorf("the history is %q, %v; want %q", kinds, err, want)
	}
	gone := alerts.Selection{Cause: j.Alerts.CauseID(alert.CauseOf(match("nobody", "")))}
	if err := j.Alerts.Assign(ctx, gone, "Alice", alert.Act{By: "Bob"}); !errors.Is(err, alerts.ErrNoneOpen) {
		t.Errorf("a cause without alerts: %v", err)
	}
}

func TestErasure_takesTheIdentityOutOfAlerts(t *testing.T) {
	t.Parallel()
	j := open(t)
	events := aNight(t, j)
	ctx := t.Context()
	if _, _, err := j.Alerts.Acknowledge(ctx, events[0], alert.Act{By: "Alice", Note: "It was Mr Smith."}); err != nil {
		t.Fatal(err)
	}
	erase(t, j, "abc-123")
	wantGroups(t, j, alerts.Selection{Filter: event.Filter{Types: event.Types(event.WatchlistAlert)}},
		"watchlist_alert camera=gate 1: 5-5", "watchlist_alert identity=xyz-9 1: 3-3")
	if a := acknowledged(t, j, events[0]); a.By != "Alice" || a.Note != "" {
		t.Errorf("the acknowledgement is %+v", a)
	}
}

func TestRetention_removesTheHistoryOfAlerts(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(
		t,
		t.TempDir(),
		Options{Now: clock.Now, Retain: time.Hour, RetainTypes: map[event.Type]time.Duration{event.LivenessFailed: time.Minute}},
	)
	events := aNight(t, j)
	acknowledge(t, j, events[0], "Alice")
	if err := j.Alerts.Assign(
		t.Context(),
		alerts.Selection{Cause: j.Alerts.CauseID(alert.CauseOf(events[2]))},
		"Alice",
		alert.Act{By: "Alice"},
	); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Minute)
	retain(t, j)
	wantOpen(t, j, 8, 7, 5, 3, 2)
	clock.Advance(2 * time.Hour)
	retain(t, j)
	wantOpen(t, j)
	for _, table := range []string{"open_alerts", "acknowledgements", "alert_actions", "alert_assignees"} {
		if rows := column(t, j.reader, "SELECT count(*) FROM "+table); rows[0] != "0" {
			t.Errorf("%s has %s rows", table, rows[0])
		}
	}
}

// A store of version 9 had a watermark and ranges of acknowledged alerts.
func TestMigration_keepsOpenAndAcknowledgedAlerts(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(fixture(9))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	build(t, dir, string(script))
	db := raw(t, dir)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	recovered := announced("recovered", "unknown")
	for i, e := range []*event.Event{match("abc-123", "gate"), made(), match("xyz-9", "gate"), announced("failing"),
		recovered, match("abc-123", "lobby")} {
		e.Seq, e.Received = int64(6+i), start
		exec(
			"INSERT INTO events (seq, id, type, at, received, source, camera, data, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			e.Seq,
			eventrow.IDValue(
				e.ID,
			),
			int64(e.Type),
			e.Time.UnixMicro(),
			start.UnixMicro(),
			e.Source,
			e.Camera,
			string(e.Data),
			eventrow.Sum(e, e.Data),
		)
	}
	exec("INSERT INTO resolutions VALUES (10)")
	exec("INSERT INTO acknowledged_through VALUES (6, 5, ?, 'Bob')", start.UnixMicro())
	exec("UPDATE meta SET value = 7 WHERE name = 'acknowledged'")
	exec("INSERT INTO acknowledgements (seq, at, who) VALUES (9, ?, 'Carol')", start.UnixMicro())
	db.Close()
	j := openAt(t, dir, Options{Now: func() time.Time { return start }, Key: fixtureKey})
	wantGroups(t, j, alerts.Selection{}, "watchlist_alert identity=abc-123 1: 11-11", "watchlist_alert identity=xyz-9 1: 8-8")
	by := map[int64]string{4: "Alice Jansen", 6: "Bob", 8: "", 9: "Carol", 11: ""}
	for _, e := range all(t, j) {
		if want, is := by[e.Seq]; is && acknowledged(t, j, e).By != want {
			t.Errorf("%d was acknowledged by %q, want %q", e.Seq, acknowledged(t, j, e).By, want)
		}
	}
	if got := listed(t, j, alerts.Query{State: alerts.Acknowledged}); !slices.Equal(got, []int64{9, 6, 4}) {
		t.Errorf("acknowledged are %v", got)
	}
}
