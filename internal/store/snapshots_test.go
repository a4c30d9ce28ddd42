package store

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/snapshot"
	"postern/internal/store/backup"
	"postern/internal/store/database"
	"postern/internal/store/legalhold"
	"postern/internal/store/secretbox"
	"postern/internal/store/snapshots"
	"postern/internal/store/verify"
)

// picture returns a small image, another one for each shade.
func picture(t testing.TB, shade uint8) snapshot.Image {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 4))
	for i := range m.Pix {
		m.SetGray(i%8, i/8, color.Gray{Y: shade})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return snapshot.Image{Format: snapshot.PNG, Width: 8, Height: 4, Bytes: b.Bytes()}
}

func anyEvent(*event.Event) bool { return true }

// putSnapshot gives an event of the nameless producer a snapshot.
func putSnapshot(t testing.TB, j *Store, id string, image snapshot.Image) *event.Event {
	t.Helper()
	e, changed, err := j.Snapshots.Put(context.Background(), "", id, anyEvent, image)
	if err != nil || !changed {
		t.Fatalf("changed %t, %v", changed, err)
	}
	return e
}

// snapshotFiles returns the names of all files of snapshots in a data folder.
func snapshotFiles(t testing.TB, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(filepath.Join(dir, snapshots.FolderName), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func wantSnapshotFiles(t testing.TB, j *Store, want int) {
	t.Helper()
	if got := snapshotFiles(t, dirOf(j)); len(got) != want {
		t.Errorf("there are %d files of snapshots, want %d: %q", len(got), want, got)
	}
}

// wantImage reads an event's snapshot.
func wantImage(t testing.TB, j *Store, seq int64, want snapshot.Image) {
	t.Helper()
	got, _, err := j.Snapshots.Read(context.Background(), seq)
	if err != nil || !bytes.Equal(got, want.Bytes) {
		t.Errorf("the snapshot of %d: %d bytes, %v", seq, len(got), err)
	}
}

func TestSnapshots_PutIsOnce(t *testing.T) {
	t.Parallel()
	j, ctx := open(t), context.Background()
	add(t, j, made(withID("a")), made(withID("b")))
	if err := j.Append(ctx, []*event.Batch{{Producer: "gate", Events: []*event.Event{made(withID("a")), made(withID("g"))}}}); err != nil {
		t.Fatal(err)
	}
	var told []*event.Event
	j.OnRedacted(func(events []*event.Event) { told = append(told, events...) })

	e := putSnapshot(t, j, "a", picture(t, 1))
	if e.Seq != 1 || !strings.Contains(string(e.JSON()), `"snapshot":{"url":"/api/v1/events/a/snapshot","type":"image/png","width":8,"height":4}`) {
		t.Errorf("event %d: %s", e.Seq, e.JSON())
	}
	wantImage(t, j, 1, picture(t, 1))
	if kept, err := j.Get(ctx, "a"); err != nil || !bytes.Equal(kept.JSON(), e.JSON()) {
		t.Errorf("the log has %s, %v", kept.JSON(), err)
	}
	// The image is encrypted in its file.
	for _, path := range snapshotFiles(t, dirOf(j)) {
		if b, _ := os.ReadFile(path); bytes.Contains(b, []byte("PNG")) {
			t.Error("the file has the image as it is")
		}
	}

	if _, changed, err := j.Snapshots.Put(ctx, "", "a", anyEvent, picture(t, 1)); err != nil || changed {
		t.Errorf("the same again: changed %t, %v", changed, err)
	}
	if _, _, err := j.Snapshots.Put(ctx, "", "a", anyEvent, picture(t, 2)); !errors.Is(err, snapshots.ErrOther) {
		t.Errorf("another image: %v", err)
	}
	wantSnapshotFiles(t, j, 1) // that of the refused one went again
	for name, put := range map[string]func() error{
		"another producer": func() error { _, _, err := j.Snapshots.Put(ctx, "gate", "b", anyEvent, picture(t, 3)); return err },
		"no producer":      func() error { _, _, err := j.Snapshots.Put(ctx, "", "g", anyEvent, picture(t, 3)); return err },
		"an unknown one":   func() error { _, _, err := j.Snapshots.Put(ctx, "nobody", "b", anyEvent, picture(t, 3)); return err },
		"no event":         func() error { _, _, err := j.Snapshots.Put(ctx, "", "c", anyEvent, picture(t, 3)); return err },
		"another camera": func() error {
			_, _, err := j.Snapshots.Put(ctx, "", "b", func(*event.Event) bool { return false }, picture(t, 3))
			return err
		},
	} {
		if err := put(); !errors.Is(err, snapshots.ErrNotYours) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A producer's own id stands for its event, which has another one in the log.
	if e, _, err := j.Snapshots.Put(ctx, "gate", "a", anyEvent, picture(t, 4)); err != nil || e.Seq != 3 || e.ID == "a" {
		t.Errorf("%+v, %v", e, err)
	}
	// Two events share the file of one image.
	putSnapshot(t, j, "b", picture(t, 1))
	wantSnapshotFiles(t, j, 2)
	if len(told) != 0 {
		t.Errorf("Put tells readers itself: %d events", len(told))
	}
}

func TestSnapshots_ComeWithTheirEvent(t *testing.T) {
	t.Parallel()
	j, ctx := open(t), context.Background()
	image := picture(t, 1)
	keep := func(id string, shade uint8) (*event.Event, error) {
		e := made(withID(id), func(e *event.Event) { e.Snapshot = &snapshot.Info{Format: snapshot.PNG, Width: 8, Height: 4} })
		return e, j.Snapshots.Keep(ctx, picture(t, shade), func(stored *snapshot.Stored) error {
			b := &event.Batch{Events: []*event.Event{e}, Snapshot: stored}
			return errors.Join(j.Append(ctx, []*event.Batch{b}), b.Err)
		})
	}
	if _, err := keep("a", 1); err != nil {
		t.Fatal(err)
	}
	wantImage(t, j, 1, image)
	want := snapshot.Info{Format: snapshot.PNG, Width: 8, Height: 4}
	if e, err := j.Get(ctx, "a"); err != nil || e.Snapshot == nil || *e.Snapshot != want {
		t.Errorf("%+v, %v", e, err)
	}
	// A refused event leaves no file.
	add(t, j, made(withID("b"), withData(`{"label":"Bob"}`)))
	if _, err := keep("b", 2); !errors.Is(err, event.ErrConflict) {
		t.Errorf("%v", err)
	}
	wantSnapshotFiles(t, j, 1)
}

func TestSnapshots_GoWithTheirEvents(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]Options{
		"by age":  {Retain: time.Hour},
		"by type": {Retain: 48 * time.Hour, RetainTypes: map[event.Type]time.Duration{event.FaceMatched: time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			opts.Now = clock.Now
			j := openAt(t, t.TempDir(), opts)
			add(t, j, made(withID("a")), made(withID("b")))
			putSnapshot(t, j, "a", picture(t, 1))
			putSnapshot(t, j, "b", picture(t, 2))
			clock.Advance(2 * time.Hour)
			add(t, j, made(withID("c")))
			putSnapshot(t, j, "c", picture(t, 2)) // shares the file of an event that goes
			if _, err := j.Retain(context.Background()); err != nil {
				t.Fatal(err)
			}
			wantSnapshotFiles(t, j, 1)
			wantImage(t, j, 3, picture(t, 2))
			if got := j.Snapshots.Stats(); got != (snapshots.Stats{Files: 1, Bytes: 4096}) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSnapshots_HaveARetentionOfTheirOwn(t *testing.T) {
	t.Parallel()
	clock, ctx := newClock(), context.Background()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, RetainSnapshots: time.Hour, RetainSnapshotBytes: 2 * 4096})
	var told []*event.Event
	j.OnRedacted(func(events []*event.Event) { told = append(told, events...) })
	retain := func() {
		t.Helper()
		if _, err := j.Retain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"a", "b", "c"} {
		add(t, j, made(withID(id)))
		putSnapshot(t, j, id, picture(t, uint8(i)))
		clock.Advance(time.Minute)
	}
	retain() // 12 KiB are too much
	wantSnapshotFiles(t, j, 2)
	e, err := j.Get(ctx, "a")
	if err != nil || e.Snapshot == nil || !e.Snapshot.Removed || strings.Contains(string(e.JSON()), "snapshot") {
		t.Errorf("%+v, %v", e, err)
	}
	if len(told) != 1 || told[0].Seq != 1 || told[0].HasSnapshot() || told[0].Redacted() {
		t.Errorf("readers are told of %+v", told)
	}
	if _, _, err := j.Snapshots.Read(ctx, 1); !errors.Is(err, snapshots.ErrNone) {
		t.Errorf("%v", err)
	}
	if _, _, err := j.Snapshots.Put(ctx, "", "a", anyEvent, picture(t, 0)); !errors.Is(err, snapshots.ErrGone) {
		t.Errorf("a removed one comes back: %v", err)
	}
	clock.Advance(2 * time.Hour)
	retain()
	wantSnapshotFiles(t, j, 0)
	if j.Head()-j.First() != 2 {
		t.Error("the events went too")
	}
}

func TestSnapshots_StayUnderALegalHold(t *testing.T) {
	t.Parallel()
	clock, ctx := newClock(), context.Background()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 24 * time.Hour, RetainSnapshots: time.Hour, RetainSnapshotBytes: 4096})
	add(t, j, made(withID("a"), withData(`{"identity_id":"p1"}`)), made(withID("b"), withData(`{"identity_id":"p2"}`)))
	putSnapshot(t, j, "a", picture(t, 1))
	putSnapshot(t, j, "b", picture(t, 2))
	hold := &legalhold.Hold{Reason: "case 7", Identity: "p1"}
	if err := j.Holds.Create(ctx, hold); err != nil {
		t.Fatal(err)
	}
	retain := func() {
		t.Helper()
		if _, err := j.Retain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // it may not stop at the held one
		retain()
		clock.Advance(2 * time.Hour)
	}
	retain()
	wantSnapshotFiles(t, j, 1)
	wantImage(t, j, 1, picture(t, 1))
	clock.Advance(48 * time.Hour) // the event leaves the log
	retain()
	if j.First() != 3 {
		t.Fatalf("the log begins with %d", j.First())
	}
	wantImage(t, j, 1, picture(t, 1))
	known, err := j.Holds.Get(ctx, hold.ID)
	if err != nil {
		t.Fatal(err)
	}
	held, _, err := j.Holds.Events(ctx, known, 0, 10)
	if err != nil || len(held) != 1 || !held[0].HasSnapshot() {
		t.Errorf("%+v, %v", held, err)
	}
	if err := j.Holds.Release(ctx, hold.ID); err != nil {
		t.Fatal(err)
	}
	retain()
	wantSnapshotFiles(t, j, 0)
}

// A hold that is released leaves the snapshots of events in the log to retention.
func TestSnapshots_AreFreeAfterAHold(t *testing.T) {
	t.Parallel()
	clock, ctx := newClock(), context.Background()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, RetainSnapshots: time.Hour})
	add(t, j, made(withID("a"), withData(`{"identity_id":"p1"}`)))
	putSnapshot(t, j, "a", picture(t, 1))
	hold := &legalhold.Hold{Reason: "case 7", Identity: "p1"}
	if err := j.Holds.Create(ctx, hold); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	for _, want := range []int{1, 0} {
		if _, err := j.Retain(ctx); err != nil {
			t.Fatal(err)
		}
		wantSnapshotFiles(t, j, want)
		if err := j.Holds.Release(ctx, hold.ID); want == 1 && err != nil {
			t.Fatal(err)
		}
	}
}

func TestSnapshots_GoWithAnErasure(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	j := openAt(t, dir, Options{})
	add(t, j, made(withID("a"), withData(`{"identity_id":"p1"}`)), made(withID("b"), withData(`{"identity_id":"p2"}`)))
	image := picture(t, 1)
	putSnapshot(t, j, "a", image)
	putSnapshot(t, j, "b", picture(t, 2))
	// A crash has left the file of a row that is gone.
	orphan := filepath.Join(dir, snapshots.FolderName, "ab", strings.Repeat("ab", 32))
	if err := os.MkdirAll(filepath.Dir(orphan), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(orphan, []byte("a file that a crash has left"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, done, err := j.Erasure.Erase(ctx, "p1")
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- j.Erasure.Run(running) }()
	<-done
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	wantSnapshotFiles(t, j, 1)
	wantImage(t, j, 2, picture(t, 2))
	if e, err := j.Get(ctx, "a"); err != nil || e.HasSnapshot() || e.Snapshot == nil {
		t.Errorf("%+v, %v", e, err)
	}
	if _, _, err := j.Snapshots.Put(ctx, "", "a", anyEvent, image); !errors.Is(err, snapshots.ErrErased) {
		t.Errorf("an erased event takes a snapshot again: %v", err)
	}
}

func TestSnapshots_AStartSettlesTheFolder(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	j := openAt(t, dir, Options{})
	add(t, j, made(withID("a")), made(withID("b")))
	putSnapshot(t, j, "a", picture(t, 1))
	lost := snapshotFiles(t, dir)[0]
	putSnapshot(t, j, "b", picture(t, 2))
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"part-0123", "trash-4567", "ff/" + strings.Repeat("ff", 32)} {
		path := filepath.Join(dir, snapshots.FolderName, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("left"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	j = reopen(t, j)
	if _, err := j.Retain(ctx); err != nil {
		t.Fatal(err)
	}
	wantSnapshotFiles(t, j, 1)
	wantImage(t, j, 2, picture(t, 2))
	if got := j.Snapshots.Stats(); got != (snapshots.Stats{Files: 1, Bytes: 4096, Damaged: 1}) {
		t.Errorf("%+v", got)
	}
	if _, _, err := j.Snapshots.Read(ctx, 1); !errors.Is(err, snapshots.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

func TestSnapshots_AreVerified(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	j := openAt(t, dir, Options{})
	add(t, j, made(withID("a")), made(withID("b")), made(withID("c")))
	for i, id := range []string{"a", "b", "c"} {
		putSnapshot(t, j, id, picture(t, uint8(i)))
	}
	check := func(want ...int64) {
		t.Helper()
		v, err := verify.Run(ctx, j.DB, 0)
		if err != nil || v.Snapshots != 3 || v.DamagedSnapshots != int64(len(want)) || !slices.Equal(v.SnapshotNumbers, want) ||
			v.Whole() != (len(want) == 0) {
			t.Errorf("%+v, %v", v, err)
		}
	}
	check()
	for seq, damage := range map[int64]func(path string) error{
		1: os.Remove,
		3: func(path string) error {
			b, err := os.ReadFile(path)
			b[len(b)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, b, 0o600))
		},
	} {
		hash, err := j.Snapshots.Hash(ctx, seq)
		if err := errors.Join(err, damage(filepath.Join(dir, snapshots.FolderName, hash.String()[:2], hash.String()))); err != nil {
			t.Fatal(err)
		}
		if _, _, err := j.Snapshots.Read(ctx, seq); !errors.Is(err, snapshots.ErrDamaged) {
			t.Errorf("%v", err)
		}
	}
	check(1, 3)
}

func TestSnapshots_AreBackedUpRestoredAndSalvaged(t *testing.T) {
	t.Parallel()
	dir, file, ctx := t.TempDir(), filepath.Join(t.TempDir(), "backup"), context.Background()
	j := openAt(t, dir, Options{})
	add(t, j, made(withID("a")), made(withID("b")), made(withID("c")))
	putSnapshot(t, j, "a", picture(t, 1))
	putSnapshot(t, j, "b", picture(t, 1))
	putSnapshot(t, j, "c", picture(t, 2))
	copied, err := backup.Take(ctx, dir, file)
	if err != nil || copied.Snapshots != 2 || copied.LostSnapshots != 0 {
		t.Fatalf("%+v, %v", copied, err)
	}
	key, err := os.ReadFile(filepath.Join(dir, secretbox.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	restore := func(from string) *Store {
		t.Helper()
		to := filepath.Join(t.TempDir(), "restored")
		copied, err := backup.Restore(ctx, from, to, nil)
		if err != nil || copied.Snapshots != 2 || copied.LostSnapshots != 0 {
			t.Fatalf("%+v, %v", copied, err)
		}
		if err := os.WriteFile(filepath.Join(to, secretbox.KeyFile), key, 0o600); err != nil {
			t.Fatal(err)
		}
		return openAt(t, to, Options{})
	}
	check := func(j *Store) {
		t.Helper()
		for seq, shade := range map[int64]uint8{1: 1, 2: 1, 3: 2} {
			wantImage(t, j, seq, picture(t, shade))
		}
	}
	check(restore(file))
	closeStore(t, j)
	path := filepath.Join(dir, database.FileName)
	check(restore(path)) // from the folder itself

	// A file whose first page is gone is salvaged.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(b[:100])
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	check(restore(path))
}

func TestSnapshots_ABackupCountsLostFiles(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	j := openAt(t, dir, Options{})
	add(t, j, made(withID("a")), made(withID("b")))
	putSnapshot(t, j, "a", picture(t, 1))
	first := snapshotFiles(t, dir)[0]
	putSnapshot(t, j, "b", picture(t, 2))
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	copied, err := backup.Take(context.Background(), dir, file)
	if err != nil || copied.Snapshots != 1 || copied.LostSnapshots != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
}

func TestSnapshots_LeaveRoomForEvents(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	free := int64(1 << 40)
	j := openAt(t, t.TempDir(), Options{system: &database.System{Room: func(string) (int64, int64, error) { return free, 1 << 40, nil }}})
	add(t, j, made(withID("a")))
	free = 30 * mib
	if _, _, err := j.Snapshots.Put(context.Background(), "", "a", anyEvent, picture(t, 1)); !errors.Is(err, database.ErrFull) {
		t.Errorf("%v", err)
	}
	wantSnapshotFiles(t, j, 0)
	add(t, j, made(withID("b"))) // an event has room
	free = 1 << 40
	putSnapshot(t, j, "a", picture(t, 1))
}
