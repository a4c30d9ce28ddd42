package store

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/accounttest"
	"postern/internal/store/alerts"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

// testdata/vN.sql is a store as the release with schema version N left it.
// Once released it never changes. Until the newest version is released it needs
// no file; this makes it:
//
//	go test ./internal/store -run TestStoresOfEveryVersionOpen -update
var update = flag.Bool("update", false, "write the newest version's store into testdata")

// lastReleased is the schema version of the newest release. Later versions need no file,
// and no store has those between it and the newest.
const lastReleased = 9

// fixtureKey encrypts the fixtures' secrets.
var fixtureKey = []byte("the fixtures are not so secret..")

// fixtureEvents are the events in every fixture, from number 3 on; 1 and 2
// were removed by retention.
var fixtureEvents = []string{
	`{"id":"evt_9f8e7d6c-5b4a-3210-fedc-ba9876543210","type":"face_matched","timestamp":"2026-03-19T10:32:15+00:00",` +
		`"source":"face_pipeline","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"},` +
		`"camera_id":"lobby-cam-1"}`,
	`{"id":"42","type":"system_error","timestamp":"2026-03-19T10:32:16.000001+00:00","source":"video 😀","data":{},"camera_id":null}`,
	`{"id":"own-id_7","type":"face_detected","timestamp":"1969-12-31T23:59:59+00:00","source":"it's","data":{"n":0.10,` +
		`"u":"\u00e9é\n"},"camera_id":"höhe"}`,
}

func TestStoresOfEveryVersionOpen(t *testing.T) {
	fullrun.Only(t)
	steps, err := database.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, fixture(database.NewestVersion(steps)), dump(t, makeFixture(t)))
	}
	for _, step := range steps {
		v := step.Version
		t.Run(fmt.Sprintf("version %d", v), func(t *testing.T) {
			script, err := os.ReadFile(fixture(v))
			if v > lastReleased && errors.Is(err, fs.ErrNotExist) {
				if v < database.NewestVersion(steps) {
					t.Skip("never released")
				}
				script, err = []byte(dump(t, makeFixture(t))), nil
			}
			if err != nil {
				t.Fatalf("%v: see fixture_test.go on how to make it", err)
			}
			dir := t.TempDir()
			build(t, dir, string(script))
			db := raw(t, dir)
			if got := version(t, db); got != v {
				t.Fatalf("the fixture has version %d", got)
			}
			wantSchema(t, db, database.StepsTo(steps, v))
			db.Close()
			for range 2 { // the second time nothing is left to do
				j := openAt(t, dir, Options{Now: func() time.Time { return start }, Key: fixtureKey})
				if got := version(t, j.reader); got != database.NewestVersion(steps) {
					t.Errorf("the store has version %d, want %d", got, database.NewestVersion(steps))
				}
				checkFixture(t, j)
				accounttest.CheckFilled(t, j.Accounts, j.Audit)
				verifies(t, j)
				closeStore(t, j)
			}
			j := openAt(t, dir, Options{Key: fixtureKey})
			e := made()
			add(t, j, e)
			if n := endpoint(t, j.Deliveries, "wh_new").N; e.Seq != 6 || n != 3 {
				t.Errorf("the next event is %d, the next endpoint %d; want 6 and 3", e.Seq, n)
			}
		})
	}
}

func fixture(v int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.sql", v)) }

// wantSchema checks that the migrations still lead to what was released.
func wantSchema(t *testing.T, released *sql.DB, steps []database.Migration) {
	t.Helper()
	made := raw(t, t.TempDir())
	if err := database.Migrate(context.Background(), made, steps); err != nil {
		t.Fatal(err)
	}
	if got, want := normalized(schema(t, made)), normalized(schema(t, released)); !slices.Equal(got, want) {
		t.Errorf("a released migration has changed: it makes\n%s\nbut was released as\n%s",
			strings.Join(got, ";\n"), strings.Join(want, ";\n"))
	}
}

// normalized brings statements into an order and a layout that don't depend on
// whether a column was added by ALTER TABLE. A table's columns keep their order.
func normalized(statements []string) []string {
	plain := make([]string, len(statements))
	for i, statement := range statements {
		words := strings.Join(strings.Fields(statement), " ")
		plain[i] = strings.NewReplacer(" ,", ",", "( ", "(", " )", ")").Replace(words)
	}
	slices.Sort(plain)
	return plain
}

func schema(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return column(t, db, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
}

func column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	values, err := database.Collect(rows, func(row database.Row) (s string, err error) { return s, row.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// makeFixture writes a few rows into each table.
func makeFixture(t *testing.T) *Store {
	ctx := context.Background()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour, Key: fixtureKey})
	add(t, j, several(2)...)
	clock.Advance(2 * time.Hour)
	retain(t, j)
	clock.Set(start)
	for _, text := range fixtureEvents {
		events, err := event.Decode([]byte(text), start)
		if err != nil {
			t.Fatal(err)
		}
		add(t, j, events...)
	}
	here := endpoint(t, j.Deliveries, "wh_a1b2c3d4e5f6")
	here.Types, here.UpdatedAt = event.AllTypes, start.Add(time.Hour)
	if err := j.Deliveries.UpdateEndpoint(ctx, here); err != nil {
		t.Fatal(err)
	}
	acknowledge(t, j, all(t, j)[1], "Alice Jansen")
	gone := endpoint(t, j.Deliveries, "wh_gone")
	settle(t, j.Deliveries, &deliveries.Settlement{
		Endpoint: here.N, Cursor: 5, FailingSince: start.Add(time.Minute), Delivered: 7, Failed: 3, Expired: 2,
		State:    &delivery.StateChange{State: "failing", At: start.Add(time.Minute)},
		Put:      []delivery.Pending{{Seq: 3, Attempts: 9}, {Seq: 4, Attempts: 2, Due: start.Add(time.Hour)}},
		Attempts: []delivery.Attempt{tried(3, 1, 0), tried(5, 1, 0), tried(4, 2, 3)},
	})
	settle(t, j.Deliveries, &deliveries.Settlement{Endpoint: gone.N, Cursor: 3, Attempts: []delivery.Attempt{tried(3, 1, 2)}})
	if err := j.Deliveries.RemoveEndpoint(ctx, gone.N, removal); err != nil {
		t.Fatal(err)
	}
	accounttest.Fill(t, j.Accounts)
	if err := j.Requests.Remember(ctx, named(j, "key 1", "a"), 200, []byte(`{"id":"wh_a1b2c3d4e5f6"}`)); err != nil {
		t.Fatal(err)
	}
	return j
}

func checkFixture(t *testing.T, j *Store) {
	t.Helper()
	for i, e := range wantGapless(t, j, 3, len(fixtureEvents)) {
		if string(e.JSON()) != fixtureEvents[i] || e.Received.Before(start) {
			t.Errorf("%d is %s, received at %s", e.Seq, e.JSON(), e.Received)
		}
		if got, err := j.Get(context.Background(), e.ID); err != nil || got.Seq != e.Seq {
			t.Errorf("Get(%s): %+v, %v", e.ID, got, err)
		}
	}
	if open := listed(t, j, alerts.Query{}); len(open) != 0 {
		t.Errorf("%d alerts are open", len(open))
	}
	if taken := acknowledged(t, j, all(t, j)[1]); taken.By != "Alice Jansen" || taken.At.Before(start) {
		t.Errorf("the alert was acknowledged by %+v", taken)
	}
	list, err := j.Deliveries.Endpoints(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatalf("%d endpoints, %v", len(list), err)
	}
	want := deliveries.EndpointRecord{Endpoint: delivery.Endpoint{
		N:         1,
		ID:        "wh_a1b2c3d4e5f6",
		URL:       "https://example.com/wh_a1b2c3d4e5f6",
		Types:     event.AllTypes,
		CreatedAt: start,
		UpdatedAt: start.Add(time.Hour),
	}, State: "failing", StateAt: start.Add(time.Minute), Cursor: 5,
		FailingSince: start.Add(time.Minute), Counts: delivery.Counts{Delivered: 7, Failed: 3, Expired: 2}}
	if got := list[0].Secrets; len(got) != 1 || got[0].Text != "whsec_wh_a1b2c3d4e5f6" || !strings.HasPrefix(got[0].ID, "sec_") ||
		!got[0].Until.IsZero() {
		t.Errorf("the secrets are %+v", got)
	}
	list[0].Secrets, list[0].Signing, want.Filter = nil, nil, event.Filter{Types: event.AllTypes}
	if !reflect.DeepEqual(*list[0], want) {
		t.Errorf("got  %#v\nwant %#v", *list[0], want)
	}
	wantPending(t, j.Deliveries, 1, []delivery.Pending{{Seq: 3, Attempts: 9}, {Seq: 4, Attempts: 2, Due: start.Add(time.Hour)}})
	for id, want := range map[string][]delivery.Attempt{"wh_a1b2c3d4e5f6": {tried(3, 1, 0), tried(4, 2, 3), tried(5, 1, 0)},
		"wh_gone": {tried(3, 1, 2)}} {
		got, _ := attemptsOf(t, j.Deliveries, id, 2, false)
		slices.SortFunc(got, func(a, b delivery.Attempt) int { return int(a.Seq - b.Seq) })
		for i := range got {
			if got[i].EventID == "" {
				t.Errorf("%s: an attempt lacks its event: %+v", id, got[i])
			}
			got[i].EventID, got[i].EventType = "", 0
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", id, got, want)
		}
	}
	record, err := j.Deliveries.Find(context.Background(), []int64{3, 4, 5})
	if err != nil {
		t.Fatal(err)
	}
	if got := record.Of[deliveries.Key{Endpoint: 1, Seq: 4}]; got == nil || len(got.Attempts) != 1 ||
		got.Pending == nil || got.Pending.Attempts != 2 {
		t.Errorf("event 4 at the first endpoint: %+v", got)
	}
	if got := record.Of[deliveries.Key{Endpoint: 1, Seq: 5}]; got == nil || len(got.Attempts) != 1 || got.Pending != nil {
		t.Errorf("event 5 at the first endpoint: %+v", got)
	}
	if a, err := j.Requests.Answer(context.Background(), "key 1", "POST /x", "a"); err == nil &&
		string(a.Body) != `{"id":"wh_a1b2c3d4e5f6"}` {
		t.Errorf("the remembered answer is %s", a.Body)
	}
	if _, err := firstPage(j.Deliveries, "wh_none", 1); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("Attempts of none: %v", err)
	}
}

// dump writes a store as a script.
func dump(t *testing.T, j *Store) string {
	var out strings.Builder
	fmt.Fprintf(&out, "PRAGMA auto_vacuum = INCREMENTAL;\nPRAGMA journal_mode = WAL;\n")
	for _, statement := range schema(t, j.reader) {
		fmt.Fprintf(&out, "%s;\n", statement)
	}
	// Rows of the other tables make entries in sqlite_sequence, so that comes
	// last, and anew.
	tables := append(column(t, j.reader, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence' ORDER BY rowid"),
		"sqlite_sequence")
	for _, table := range tables {
		columns := column(t, j.reader, "SELECT name FROM pragma_table_info('"+table+"')")
		for i, c := range columns {
			columns[i] = "quote(" + c + ")"
		}
		if table == "sqlite_sequence" {
			fmt.Fprintf(&out, "DELETE FROM %s;\n", table)
		}
		for _, row := range column(t, j.reader, "SELECT "+strings.Join(columns, " || ', ' || ")+" FROM "+table) {
			fmt.Fprintf(&out, "INSERT INTO %s VALUES (%s);\n", table, row)
		}
	}
	fmt.Fprintf(&out, "PRAGMA user_version = %d;\n", version(t, j.reader))
	return out.String()
}
