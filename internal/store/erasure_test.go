package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/deliveries"
	"postern/internal/store/erasure"
	"postern/internal/store/segment"
)

// aboutData is data of an event about an identity, with values that are found
// nowhere else.
func aboutData(identity string, n int) string {
	return fmt.Sprintf(`{"identity_id":%q,"label":"Zora Quillfeather","note":"unique-%d-%s"}`, identity, n, identity)
}

// erase erases an identity and waits until that is complete.
func erase(t testing.TB, j *Store, identity string) int64 {
	t.Helper()
	events, done, err := j.Erasure.Erase(context.Background(), identity)
	if err != nil {
		t.Fatalf("Erase: %v", err)
	}
	carryOut(t, j)
	select {
	case <-done:
	default:
		t.Fatal("the erasure isn't complete")
	}
	return events
}

// carryOut does every erasure that waits.
func carryOut(t testing.TB, j *Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- j.Erasure.Run(ctx) }()
	for column(t, j.reader, "SELECT CAST(count(*) AS TEXT) FROM erasing")[0] != "0" {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Fatalf("Run: %v", err)
	}
}

func TestErasingOverwritesEventsAndWhatReceiversSaidOfThem(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Key: fixtureKey})
	hook := endpoint(t, j.Deliveries, "wh_a")
	mine := made(withData(aboutData("person-77", 1)), withID("mine"), func(e *event.Event) { e.Camera = "gate" })
	number := made(withData(`{"identity_id":77,"secret":"by-number"}`), withID("number"))
	spelled := made(withData(`{"a":1,"identity_id":"person\u002d77"}`), withID("spelled"))
	small := made(withData(`{"identity_id":7}`))
	others := []*event.Event{
		made(withData(`{"identity_id":"person-778"}`)), made(withData(`{"track_id":"person-77"}`)),
		made(withData(`{"face":{"identity_id":"person-77"}}`)), made(withData(`{"label":"person-77"}`)),
		made(withData(`{"identity_id":["person-77"]}`)),
	}
	add(t, j, append([]*event.Event{mine, number, spelled, small}, others...)...)
	failed := func(seq int64) delivery.Attempt {
		return delivery.Attempt{Seq: seq, At: clock.Now(), Number: 1, Status: 500, Class: 3, Detail: "detail-of-it",
			Response: "echo Zora Quillfeather",
			Timeline: &delivery.Timeline{Headers: []delivery.Header{{Name: "X-Echo", Value: "Zora Quillfeather"}}}}
	}
	kept := failed(others[0].Seq)
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: hook.N, Cursor: 9, Attempts: []delivery.Attempt{failed(mine.Seq), kept, tried(mine.Seq, 1, 0)},
	})

	known, err := j.Erasure.Identity(context.Background(), "person-77")
	if err != nil || known.Events != 2 || known.Attempts != 1 || len(known.Erased) != 0 {
		t.Errorf("before: %+v, %v", known, err)
	}
	var told []*event.Event
	j.OnRedacted(func(events []*event.Event) { told = append(told, events...) })
	clock.Advance(time.Hour)
	if n := erase(t, j, "person-77"); n != 2 {
		t.Errorf("%d events were erased, want 2", n)
	}
	want := `{"id":"mine","type":"face_matched","timestamp":"` + event.FormatTime(mine.Time) +
		`","source":"face_pipeline","data":{"erased":"` + event.FormatTime(clock.Now()) + `"},"camera_id":"gate"}`
	events := wantGapless(t, j, 1, 9)
	if string(events[0].JSON()) != want || !events[0].Erased.Equal(clock.Now()) || !events[0].Received.Equal(mine.Received) {
		t.Errorf("got  %s\nwant %s", events[0].JSON(), want)
	}
	if len(told) != 2 || string(told[0].JSON()) != want || told[1].Seq != spelled.Seq {
		t.Errorf("told of %v", told)
	}
	for _, e := range append([]*event.Event{number, small}, others...) {
		wantSame(t, events[e.Seq-1], e)
	}
	got, _ := attemptsOf(t, j.Deliveries, "wh_a", 10, false)
	slices.SortFunc(got, func(a, b delivery.Attempt) int { return cmp.Or(int(a.Seq-b.Seq), len(b.Detail)-len(a.Detail)) })
	if len(got) != 3 || got[0].Detail != delivery.ErasedDetail || got[0].Response != "" || got[0].Status != 500 ||
		len(got[0].Timeline.Headers) > 0 || len(got[2].Timeline.Headers) != 1 ||
		got[2].Response != kept.Response || got[2].Detail != kept.Detail {
		t.Errorf("the attempts are %+v", got)
	}
	// One that was on its way comes in later.
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: hook.N, Cursor: 9, Attempts: []delivery.Attempt{failed(mine.Seq)}})
	if got, _ := attemptsOf(t, j.Deliveries, "wh_a", 1, false); got[0].Response != "" || got[0].Detail != delivery.ErasedDetail ||
		len(got[0].Timeline.Headers) > 0 {
		t.Errorf("an attempt at an erased event is kept as %+v", got[0])
	}
	// A number is told by its digits, and by nothing that contains them.
	for identity, n := range map[string]int64{"77": 1, "7": 1, "person-77": 0, "nobody": 0} {
		if got := erase(t, j, identity); got != n {
			t.Errorf("%q: %d events were erased, want %d", identity, got, n)
		}
	}
	known, err = j.Erasure.Identity(context.Background(), "person-77")
	if err != nil || known.Events != 0 || len(known.Erased) != 1 || known.Erased[0] != (erasure.Completed{At: clock.Now(), Events: 2}) {
		t.Errorf("after: %+v, %v", known, err)
	}
	j = reopen(t, j)
	if e := wantGapless(t, j, 1, 9)[0]; string(e.JSON()) != want {
		t.Errorf("after a restart: %s", e.JSON())
	}
	if known, _ := j.Erasure.Identity(context.Background(), "person-77"); len(known.Erased) != 1 {
		t.Errorf("after a restart: %+v", known)
	}
	if known, _ := j.Erasure.Identity(context.Background(), "nobody"); len(known.Erased) != 0 {
		t.Errorf("what erased nothing is recorded: %+v", known)
	}
	if err := event.CheckIdentity(strings.Repeat("x", 513)); err == nil {
		t.Error("an identity may be of any length")
	}
}

func TestNothingErasedIsLeftInTheFiles(t *testing.T) {
	t.Parallel()
	for _, step := range []int{1, 3, 50} { // one in so many is theirs
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			t.Parallel()
			j := openAt(t, t.TempDir(), Options{})
			hook := endpoint(t, j.Deliveries, "wh_a")
			var s deliveries.Settlement
			s.Endpoint = hook.N
			for i := range 3000 {
				e := typical(i)
				if i%step == 0 {
					pad := strings.Repeat("p", i*7919%900)
					if i%997 == 0 {
						pad = strings.Repeat("long ", 8000) // more than pages hold
					}
					e = made(withData(strings.Replace(aboutData("zq-person-77", i), "{", `{"pad":"`+pad+`",`, 1)))
				}
				add(t, j, e)
				if i%7 == 0 && i%step == 0 {
					s.Attempts = append(s.Attempts, delivery.Attempt{Seq: e.Seq, At: start, Number: 1, Class: 3, Detail: "no zq-person-77",
						Response: string(e.Data[:min(len(e.Data), 4000)])})
				}
			}
			settle(t, j.Deliveries, &s)
			dir := dirOf(j)
			secret := []string{"zq-person-77", "Quillfeather", "unique-0-", "unique-300-", "unique-1500-"}
			for _, text := range secret[:2] {
				if len(whereIs(t, dir, text)) == 0 {
					t.Fatalf("%q isn't found before: the search finds nothing", text)
				}
			}
			if n := erase(t, j, "zq-person-77"); n != int64((3000+step-1)/step) {
				t.Errorf("%d events were erased", n)
			}
			wantNowhere(t, dir, secret...)
			wantGapless(t, j, 1, 3000)
			if check := pragma(t, j, "integrity_check"); check != "ok" {
				t.Errorf("integrity_check: %s", check)
			}
			closeStore(t, j)
			wantNowhere(t, dir, secret...)
		})
	}
}

// eraseStep is how many events one step of an erasure overwrites.
const eraseStep = 200

func TestAnErasureThatWasAcceptedIsFinishedAfterACrash(t *testing.T) {
	t.Parallel()
	j := openAt(t, t.TempDir(), Options{})
	var events []*event.Event
	for i := range 3 * eraseStep {
		events = append(events, made(withData(aboutData("zq-person-77", i))))
	}
	add(t, j, events...)
	accepted, _, err := j.Erasure.Erase(context.Background(), "zq-person-77")
	if err != nil || accepted != int64(len(events)) {
		t.Fatalf("Erase: %d, %v", accepted, err)
	}
	later := made(withData(aboutData("zq-person-77", -1)))
	add(t, j, later)
	// The events on disk at once, and after a step.
	ctx, cancel := context.WithCancel(context.Background())
	j.OnRedacted(func([]*event.Event) { cancel() })
	for i := range 2 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(dirOf(j))); err != nil {
			t.Fatal(err)
		}
		crashed := openAt(t, dir, Options{})
		if known, err := crashed.Erasure.Identity(context.Background(), "zq-person-77"); err != nil || known.Erasing.IsZero() ||
			known.Events != int64(len(events)-i*eraseStep+1) {
			t.Errorf("crash %d: before it goes on: %+v, %v", i, known, err)
		}
		carryOut(t, crashed)
		all := wantGapless(t, crashed, 1, len(events)+1)
		for _, e := range all[:len(events)] {
			if e.Erased.IsZero() {
				t.Fatalf("crash %d: event %d isn't erased", i, e.Seq)
			}
		}
		wantSame(t, all[len(events)], later) // it came after the erasure
		wantNowhere(t, dir, "unique-0-", "unique-400-")
		if len(whereIs(t, dir, "unique--1-")) == 0 {
			t.Fatal("the search finds nothing")
		}
		known, err := crashed.Erasure.Identity(context.Background(), "zq-person-77")
		if err != nil || !known.Erasing.IsZero() || len(known.Erased) != 1 || known.Erased[0].Events != accepted {
			t.Errorf("crash %d: %+v, %v", i, known, err)
		}
		if before, after := crashed.Erasure.CompletedBefore(), reopen(t, crashed).Erasure.CompletedBefore(); before != 0 || after != 1 {
			t.Errorf("crash %d: %d and then %d erasures were complete when it was opened", i, before, after)
		}
		if i == 0 {
			if err := j.Erasure.Run(ctx); err != nil || ctx.Err() == nil {
				t.Fatalf("Run: %v, %v", err, ctx.Err())
			}
		}
	}
}

func TestTheIdentityOfAnErasureStandsNowhereWhileItWaits(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withData(`{"identity_id":"zq\u002dperson-77"}`)))
	if n, _, err := j.Erasure.Erase(context.Background(), "zq-person-77"); n != 1 || err != nil {
		t.Fatalf("Erase: %d, %v", n, err)
	}
	wantNowhere(t, dirOf(j), "zq-person-77")
	carryOut(t, j)
	wantNowhere(t, dirOf(j), "zq-person-77", "zq\\u002dperson-77")
}

func TestAReaderInTheFileHoldsAnErasureBackAndNobodyElse(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, made(withData(aboutData("zq-person-77", 1))), made())
	rows, err := j.reader.Query("SELECT seq FROM events")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	_, done, err := j.Erasure.Erase(context.Background(), "zq-person-77")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- j.Erasure.Run(ctx) }()
	for e, _ := j.Get(ctx, all(t, j)[0].ID); e.Erased.IsZero(); e, _ = j.Get(ctx, e.ID) {
	}
	add(t, j, several(20)...)
	select {
	case <-done:
		t.Error("the erasure is called complete while a reader has the file as it was")
	default:
	}
	rows.Close()
	<-done
	wantNowhere(t, dirOf(j), "Quillfeather")
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestAnErasedEventThatIsSentAgainStaysErased(t *testing.T) {
	t.Parallel()
	j := open(t)
	original := func() *event.Event { return made(withID("again"), withData(aboutData("zq-person-77", 1))) }
	add(t, j, original())
	erase(t, j, "zq-person-77")
	for _, e := range []*event.Event{original(), made(withID("again"), withData(`{"other":1}`))} {
		if b := add(t, j, e); b.Duplicates != 1 {
			t.Errorf("%s is no duplicate", e.Data)
		}
	}
	b := &event.Batch{Events: []*event.Event{made(withID("again"), withType(event.LineCrossed))}}
	if addGroup(t, j, b); !errors.Is(b.Err, event.ErrConflict) {
		t.Errorf("another event with the id: %v", b.Err)
	}
	if e := wantGapless(t, j, 1, 1)[0]; e.Erased.IsZero() {
		t.Error("it came back")
	}
	// A producer can't make an event look erased.
	claims := made(withData(`{"erased":"2026-03-19T10:32:15+00:00"}`))
	add(t, j, claims)
	if e, err := j.Get(context.Background(), claims.ID); err != nil || !e.Erased.IsZero() {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestErasingAmongManyReadsWhatMayHaveIt(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	j := open(t)
	for range 3 {
		events := several(segment.Events)
		add(t, j, events...)
	}
	escaped := made(withData(`{"text":"a\nb","identity_id":9876543}`))
	add(t, j, escaped, made(withData(aboutData("zq-person-77", 1))))
	add(t, j, several(segment.Events)...)
	for n := range int64(3) {
		if j.Index.Prune(n, segment.Compile(event.Filter{Text: "zq-person-77"})) != segment.Skip {
			t.Errorf("segment %d would be read", n)
		}
	}
	for _, identity := range []string{"9876543", "zq-person-77"} {
		if n := erase(t, j, identity); n != 1 {
			t.Errorf("%q: %d events were erased, want 1", identity, n)
		}
	}
}
