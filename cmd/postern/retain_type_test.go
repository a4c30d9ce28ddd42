package main

import (
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestATypesRetentionIsReadAndChecked(t *testing.T) {
	t.Parallel()
	read := func(retain days, texts ...string) (*serveFlags, error) {
		f := &serveFlags{data: "x", Listen: "127.0.0.1:8000", Retain: retain, RetainBytes: minRetainBytes, History: 1, Shifts: "06:00",
			RetainSnapshots: days(time.Hour), RetainSnapshotBytes: 1 << 30}
		for _, text := range texts {
			var one typeDays
			if err := one.UnmarshalText([]byte(text)); err != nil {
				return f, err
			}
			f.RetainType = append(f.RetainType, one)
		}
		return f, f.check()
	}
	month := days(30 * 24 * time.Hour)
	f, err := read(month, "face_detected=3d", " line_crossed = 12h ")
	if err != nil {
		t.Fatal(err)
	}
	types, err := f.retainTypes()
	if err != nil || len(types) != 2 || types[event.FaceDetected] != 72*time.Hour || types[event.LineCrossed] != 12*time.Hour {
		t.Errorf("read %v, %v", types, err)
	}
	for text, words := range map[string]string{
		"face_detected": "face_detected=3d", "faces=3d": "faces", "face_detected=soon": "30d or 12h",
		"face_detected=30d": "not shorter than --retain", "face_detected=40d": "not shorter than --retain", "face_detected=1s": "too short",
	} {
		if _, err := read(month, text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want %q", text, err, words)
		}
	}
	if _, err := read(month, "face_detected=3d", "face_detected=4d"); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a type that is named twice: %v", err)
	}
}
