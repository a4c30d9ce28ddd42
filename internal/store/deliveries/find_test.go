package deliveries_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/fullrun"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// deliveriesOf looks up what is on record of events.
func deliveriesOf(t *testing.T, j *store.Store, seqs ...int64) *deliveries.Records {
	t.Helper()
	d, err := j.Deliveries.Find(context.Background(), seqs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// attemptNumbers returns the numbers of an event's recorded attempts at an
// endpoint.
func attemptNumbers(d *deliveries.Records, endpoint, seq int64) (attempts []int) {
	if one := d.Of[deliveries.Key{Endpoint: endpoint, Seq: seq}]; one != nil {
		for _, a := range one.Attempts {
			attempts = append(attempts, a.Number)
		}
	}
	return attempts
}

func TestAnEventsAttemptsAreFoundWhereverTheyAre(t *testing.T) {
	t.Parallel()
	j := open(t)
	here, there := endpoint(t, j.Deliveries, "wh_a").N, endpoint(t, j.Deliveries, "wh_b").N
	var live []delivery.Attempt
	for seq := int64(1); seq <= 5000; seq++ {
		live = append(live, tried(seq, 1, 0))
	}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: here, Cursor: 5000, Attempts: live})
	// A replay beside what is new, and an event that failed until it was given up.
	mixed := []delivery.Attempt{tried(5001, 1, 0), tried(7, 1, 0), tried(5002, 1, 0), tried(8, 1, 0), tried(2000, 2, 3),
		tried(2000, 1, 3), tried(2000, 3, 3)}
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: there, Cursor: 5002, Attempts: mixed,
		Put: []delivery.Pending{{Seq: 2000, Attempts: 3}, {Seq: 8, Due: start}}})

	for _, seq := range []int64{1, 1023, 1024, 1025, 2048, 4999, 5000} {
		if got := attemptNumbers(deliveriesOf(t, j, seq), here, seq); !slices.Equal(got, []int{1}) {
			t.Errorf("event %d at the first has the attempts %v", seq, got)
		}
	}
	d := deliveriesOf(t, j, 5002, 7, 7, 8, 2000, 6000)
	for seq, want := range map[int64][]int{7: {1}, 8: {1}, 2000: {1, 2, 3}, 5002: {1}, 6000: nil} {
		got := attemptNumbers(d, there, seq)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("event %d at the second has the attempts %v, want %v", seq, got, want)
		}
	}
	if p := d.Of[deliveries.Key{Endpoint: there, Seq: 2000}].Pending; p == nil || p.Attempts != 3 || !p.Due.IsZero() {
		t.Errorf("what was given up is %+v", p)
	}
	if p := d.Of[deliveries.Key{Endpoint: there, Seq: 8}].Pending; p == nil || !p.Due.Equal(start) {
		t.Errorf("what waits is %+v", p)
	}
	if r := d.Endpoints[there]; r.ID != "wh_b" || r.Cursor != 5002 || r.Removed {
		t.Errorf("the endpoint is %+v", r)
	}
	var wide int
	if err := j.DB.Reader().QueryRow("SELECT count(*) FROM attempts WHERE seq_max - seq_min >= 1024").Scan(&wide); err != nil || wide > 0 {
		t.Errorf("%d rows span 1024 events or more, %v", wide, err)
	}
	if err := j.Deliveries.RemoveEndpoint(context.Background(), there, removal); err != nil {
		t.Fatal(err)
	}
	d = deliveriesOf(t, j, 7)
	if r := d.Endpoints[there]; r == nil || !r.Removed || len(attemptNumbers(d, there, 7)) != 1 {
		t.Errorf("after its removal the endpoint is %+v with the attempts %v", r, attemptNumbers(d, there, 7))
	}
}

func TestRowsOfOlderVersionsAreFoundHoweverWideTheyAre(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a").N
	err := j.DB.Write(context.Background(), func(tx *database.Tx) error {
		attempts := []delivery.Attempt{tried(10, 1, 0), tried(70_000, 1, 0), tried(40_000, 1, 0)}
		return deliveries.InsertAttemptRow(context.Background(), tx, e, attempts)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []int64{10, 40_000, 70_000} {
		if got := attemptNumbers(deliveriesOf(t, j, seq), e, seq); len(got) != 1 {
			t.Errorf("event %d has the attempts %v", seq, got)
		}
	}
}

func TestAPersonsChoiceToPassOverIsOnRecord(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(9)...)
	e := endpoint(t, j.Deliveries, "wh_a")
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e.N, Cursor: 4})
	if err := j.Deliveries.SetStates(context.Background(), 8,
		deliveries.EndpointState{Endpoint: e.N, StateChange: delivery.StateChange{State: "active", At: start}}); err != nil {
		t.Fatal(err)
	}
	records := deliveriesOf(t, j, 4, 5, 8, 9)
	if r := records.Endpoints[e.N]; r.Cursor != 8 {
		t.Errorf("the endpoint is %+v", r)
	}
	for seq, skipped := range map[int64]bool{4: false, 5: true, 8: true, 9: false} {
		var unsent *delivery.Unsent
		if d := records.Of[deliveries.Key{Endpoint: e.N, Seq: seq}]; d != nil {
			unsent = d.Unsent
		}
		if (unsent != nil) != skipped || skipped && *unsent != (delivery.Unsent{Cause: delivery.UnsentSkipped, At: start, Range: true}) {
			t.Errorf("event %d: %+v, skipped %t", seq, unsent, skipped)
		}
	}
}

func TestHoursAreKeptUntilTheyAreReplaced(t *testing.T) {
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a").N
	for _, tc := range []struct{ given, want string }{{"", ""}, {"\x01\x00\xff", "\x01\x00\xff"}, {"", "\x01\x00\xff"}, {"\x02", "\x02"}} {
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e, Hours: tc.given})
		list, err := j.Deliveries.Endpoints(context.Background())
		if err != nil || list[0].Hours != tc.want {
			t.Fatalf("after %q the hours are %q, %v", tc.given, list[0].Hours, err)
		}
	}
}

func TestAttemptsAreFilteredWithinBounds(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	base := start.Truncate(time.Millisecond) // as attempts are kept
	e := endpoint(t, j.Deliveries, "wh_a").N
	for hour := range 48 {
		var attempts []delivery.Attempt
		for i := range 10 {
			a := tried(int64(hour*10+i+1), 1, delivery.Class(i%3))
			a.At = base.Add(time.Duration(hour)*time.Hour + time.Duration(i)*time.Minute)
			a.Replay = i == 9
			attempts = append(attempts, a)
		}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e, Attempts: attempts})
	}
	for name, tc := range map[string]struct {
		filter delivery.AttemptFilter
		want   int
	}{
		"all":          {delivery.AttemptFilter{}, 480},
		"delivered":    {delivery.AttemptFilter{Outcome: delivery.OutcomeDelivered}, 192},
		"failed":       {delivery.AttemptFilter{Outcome: delivery.OutcomeFailed}, 288},
		"of a class":   {delivery.AttemptFilter{Class: 2}, 144},
		"of two minds": {delivery.AttemptFilter{Class: 2, Outcome: delivery.OutcomeDelivered}, 0},
		"asked for":    {delivery.AttemptFilter{Replay: true}, 48},
		"since":        {delivery.AttemptFilter{Since: base.Add(46 * time.Hour)}, 20},
		"until":        {delivery.AttemptFilter{Until: base.Add(2*time.Hour + time.Minute)}, 21},
		"between":      {delivery.AttemptFilter{Since: base.Add(5 * time.Hour), Until: base.Add(7 * time.Hour)}, 20},
		"failed between": {delivery.AttemptFilter{Outcome: delivery.OutcomeFailed, Since: base.Add(5 * time.Hour),
			Until: base.Add(6 * time.Hour)}, 6},
		"before all": {delivery.AttemptFilter{Until: base.Add(-time.Hour)}, 0},
		"after all":  {delivery.AttemptFilter{Since: base.Add(100 * time.Hour)}, 0},
	} {
		seen := make(map[int64]bool)
		for after := (deliveries.AttemptCursor{}); ; {
			page, next, err := j.Deliveries.Attempts(context.Background(), "wh_a", after, 7, tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page {
				if seen[a.Seq] || !tc.filter.Match(&a) {
					t.Errorf("%s: %+v", name, a)
				}
				seen[a.Seq] = true
			}
			if after = next; next.Row == 0 {
				break
			}
		}
		if len(seen) != tc.want {
			t.Errorf("%s: %d attempts, want %d", name, len(seen), tc.want)
		}
	}
}

func TestAPageLooksAtABoundedNumberOfAttempts(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	e := endpoint(t, j.Deliveries, "wh_a").N
	first := tried(1, 1, 0)
	first.Replay = true
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e, Attempts: []delivery.Attempt{first}})
	for range deliveries.AttemptsExamined / 1000 {
		attempts := make([]delivery.Attempt, 1000)
		for i := range attempts {
			attempts[i] = tried(int64(2+i), 1, 0)
		}
		settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: e, Attempts: attempts})
	}
	replays := delivery.AttemptFilter{Replay: true}
	page, next, err := j.Deliveries.Attempts(context.Background(), "wh_a", deliveries.AttemptCursor{}, 10, replays)
	if err != nil || len(page) != 0 || next.Row == 0 {
		t.Fatalf("%d attempts, next %+v, %v; want none yet, and a place to go on from", len(page), next, err)
	}
	page, next, err = j.Deliveries.Attempts(context.Background(), "wh_a", next, 10, replays)
	if err != nil || len(page) != 1 || next.Row != 0 {
		t.Errorf("%d attempts, next %+v, %v; want the one, and the end", len(page), next, err)
	}
}

func TestAnAttemptIsFoundByItsPlace(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(3)...)
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: endpoint(t, j.Deliveries, "wh_a").N, Attempts: []delivery.Attempt{tried(1, 1, 0), tried(2, 1, 0), tried(3, 1, 4)},
	})
	endpoint(t, j.Deliveries, "wh_b")
	page, _, err := j.Deliveries.Attempts(context.Background(), "wh_a", deliveries.AttemptCursor{}, 10, delivery.AttemptFilter{})
	if err != nil || len(page) != 3 {
		t.Fatal(page, err)
	}
	for _, want := range page {
		got, err := j.Deliveries.Attempt(context.Background(), "wh_a", want.Row, want.Entry)
		if err != nil || got.EventID == "" || got.EventID != want.EventID || got.EventType != want.EventType {
			t.Fatalf("%+v, %v", got, err)
		}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if _, err := j.Deliveries.Attempt(context.Background(), "wh_b", want.Row, want.Entry); err == nil {
			t.Error("another endpoint has it too")
		}
	}
	for _, place := range [][2]int64{{0, 0}, {page[0].Row, 1 << 30}, {page[0].Row, -1}, {1 << 40, 0}} {
		if _, err := j.Deliveries.Attempt(context.Background(), "wh_a", place[0], int(place[1])); err == nil {
			t.Errorf("there is an attempt at %v", place)
		}
	}
}
