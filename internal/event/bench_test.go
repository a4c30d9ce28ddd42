package event_test

import (
	"strings"
	"testing"

	"postern/internal/event"
)

// typical is an event of about 330 bytes.
const typical = `{"id":"evt_01960a3e-5b4a-7210-8edc-ba9876543210","type":"watchlist_alert",` +
	`"timestamp":"2026-03-19T10:32:15.123456+00:00",` +
	`"source":"face_pipeline","data":{"identity_id":"abc-123","label":"Alice Smith","similarity":0.9312,"watchlist":"vip",` +
	`"bbox":[412,188,96,128],"track_id":"trk-4411","frame":918273,"quality":0.871},"camera_id":"lobby-cam-1"}`

func BenchmarkDecode(b *testing.B) {
	body := []byte(typical)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.Decode(body, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatchText(b *testing.B) {
	e := acceptOne(b, typical)
	f := event.Filter{Text: "not in there"}
	b.ReportAllocs()
	for b.Loop() {
		if f.Match(e) {
			b.Fatal("matched")
		}
	}
}

func BenchmarkMatchConditions(b *testing.B) {
	e := acceptOne(b, typical)
	f := event.Filter{Conditions: conditions(b, `{"similarity":{">=":0.9},"watchlist":"vip"}`)}
	b.ReportAllocs()
	for b.Loop() {
		if !f.Match(e) {
			b.Fatal("didn't match")
		}
	}
}

// BenchmarkDecodeLines reads 100 events, one a line.
func BenchmarkDecodeLines(b *testing.B) {
	body := lines(100)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.Decode(body, now); err != nil {
			b.Fatal(err)
		}
	}
}

// lines returns n events without ids, as a producer sends them.
func lines(n int) []byte {
	_, rest, _ := strings.Cut(typical, ",")
	return []byte(strings.Repeat("{"+rest+"\n", n))
}
