package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/store/segment"
	"postern/internal/store/verify"
)

func TestVerify(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	full := open(t)
	add(t, full, allKinds(2001)...)
	add(t, full, several(segment.Events-2001)...)
	add(t, full, several(200)...)
	closeStore(t, full)
	for _, test := range []struct {
		name, change string
		want         verify.Report
	}{
		{"whole", "", verify.Report{}},
		{"data", "UPDATE events SET data = '{}' WHERE seq IN (8, 700, 1990)", verify.Report{Damaged: 3, Numbers: []int64{8, 700, 1990}}},
		{"a type that isn't one", "UPDATE events SET type = 99 WHERE seq = 5", verify.Report{Damaged: 1, Numbers: []int64{5}}},
		{"rows that are gone", "DELETE FROM events WHERE seq IN (1, 500, 501, 2000)",
			verify.Report{Missing: 4, Numbers: []int64{1, 500, 501, 2000}}},
		{"events under a hold", "INSERT INTO held_events (hold, seq, id, type, at, received, source, data, sum) SELECT 1, seq, id, type, at, " +
			"received, source, data, sum + 1 FROM events WHERE seq = 9", verify.Report{Damaged: 1, Numbers: []int64{9}}},
		{"an index", "UPDATE indexes SET content = randomblob(length(content)) WHERE n IN (0, 2)", verify.Report{DamagedBlocks: 2}},
		{"a segment", "UPDATE stretches SET types = types + 1", verify.Report{DamagedBlocks: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			j := openCopy(t, dirOf(full), Options{})
			if test.change != "" {
				if _, err := j.DB.Exec(ctx, test.change); err != nil {
					t.Fatal(err)
				}
			}
			v, err := verify.Run(ctx, j.DB, 0)
			if err != nil {
				t.Fatal(err)
			}
			if v.Damaged != test.want.Damaged || v.Missing != test.want.Missing || v.DamagedBlocks != test.want.DamagedBlocks ||
				!slices.Equal(v.Numbers, test.want.Numbers) || v.Entries != 0 || v.Unsummed != 0 {
				t.Errorf("it found %+v, want %+v", v, test.want)
			}
			if v.Whole() != (test.change == "") {
				t.Errorf("whole: %v", v.Whole())
			}
			if v.Events < j.Head()-4 || v.Blocks != 1+segment.BlocksPerSegment {
				t.Errorf("it read %d events and %d blocks", v.Events, v.Blocks)
			}
			if err := verify.Save(ctx, j.DB, v); err != nil {
				t.Fatal(err)
			}
			last, err := verify.Last(ctx, reopen(t, j).DB)
			if err != nil || last == nil || last.Unreadable() != v.Unreadable() || !last.Ended.Equal(v.Ended) {
				t.Errorf("the last verification is %+v, %v; want %+v", last, err, v)
			}
		})
	}
}

func TestVerifyAfterRetentionAndErasure(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	ctx := context.Background()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: 6 * time.Hour,
		RetainTypes: map[event.Type]time.Duration{event.FaceDetected: time.Hour}})
	verified := func(when string) {
		t.Helper()
		if v, err := verify.Run(ctx, j.DB, 0); err != nil || !v.Whole() {
			t.Errorf("%s: %+v, %v", when, v, err)
		}
	}
	verified("empty")
	for range 3 {
		add(t, j, typesAndCameras(segment.Events/2)...)
		clock.Advance(2 * time.Hour)
	}
	add(t, j, allKinds(500)...)
	retain(t, j)
	verified("types removed")
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { _ = j.Erasure.Run(running) }()
	if n, done, err := j.Erasure.Erase(ctx, "person-5"); err != nil || n == 0 {
		t.Fatalf("%d events, %v", n, err)
	} else {
		<-done
	}
	verified("erased")
	clock.Advance(3 * time.Hour)
	retain(t, j)
	if j.First() == 1 {
		t.Fatal("nothing was removed by age")
	}
	verified("removed by age")
	if _, err := j.DB.Exec(ctx, "DELETE FROM events WHERE seq = (SELECT max(seq) - 5 FROM events)"); err != nil {
		t.Fatal(err)
	}
	if v, err := verify.Run(ctx, j.DB, 0); err != nil || v.Missing != 1 {
		t.Errorf("a row is gone among others that retention removed: %+v, %v", v, err)
	}
	j = reopen(t, j)
}

func TestVerifyKeepsItsPaceAndCanBeStopped(t *testing.T) {
	t.Parallel()
	j := open(t)
	add(t, j, several(1200)...)
	began := time.Now()
	if _, err := verify.Run(context.Background(), j.DB, 10_000); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 110*time.Millisecond {
		t.Errorf("1,200 events at 10,000/s took %s", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := verify.Run(ctx, j.DB, 1); err == nil {
		t.Error("it went on although it was stopped")
	}
}
