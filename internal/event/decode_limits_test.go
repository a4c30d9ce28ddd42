package event_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	"postern/internal/problem"
)

// sized returns an event whose JSON is n bytes long.
func sized(t testing.TB, n int) string {
	t.Helper()
	fill := n - len(with("data", `{"a":""}`))
	body := with("data", `{"a":"`+strings.Repeat("x", fill)+`"}`)
	if len(body) != n {
		t.Fatalf("made %d bytes, want %d", len(body), n)
	}
	return body
}

func TestAnEventMayHave256KiB(t *testing.T) {
	// Text between events belongs to no event.
	most, small := sized(t, event.MaxEventBytes), with()
	for name, body := range map[string]string{
		"alone":                  most,
		"space before and after": "  \n" + most + "\n ",
		"first of an array":      "[ " + most + "]",
		"second of an array":     "[" + small + " ,\n " + most + "]",
		"second line":            small + "\r\n\r\n" + most,
	} {
		t.Run(name, func(t *testing.T) { accept(t, body) })
	}
}

func TestAnEventMayNotHaveMoreThan256KiB(t *testing.T) {
	over, small := sized(t, event.MaxEventBytes+1), with()
	for name, tc := range map[string]struct{ body, words string }{
		"alone":              {over, "The event is 262145 bytes long"},
		"second of an array": {"[" + small + "," + over + "]", "Event [1], line 1: The event is 262145 bytes long"},
		"second line":        {small + "\n" + over, "Event [1], line 2: The event is 262145 bytes long"},
		// White space counts while it is inside: it is the event as sent.
		"padded inside": {"{" + strings.Repeat(" ", event.MaxEventBytes) + small[1:], "The event is"},
	} {
		t.Run(name, func(t *testing.T) {
			invalid := refuse(t, tc.body)
			contains(t, invalid.Detail, tc.words, "256 KiB")
			if invalid.Code != problem.TooLarge {
				t.Error("the refusal isn't marked as one about size")
			}
		})
	}
}

func TestOnlySizeIsMarkedAsTooLarge(t *testing.T) {
	for _, body := range []string{"", "{}", "[", with("type", "1")} {
		if refuse(t, body).Code == problem.TooLarge {
			t.Errorf("%q is refused as too large", body)
		}
	}
}

func TestARequestMayHave10000Events(t *testing.T) {
	fullrun.Only(t)
	var lines strings.Builder
	for i := range event.MaxBatchEvents {
		fmt.Fprintln(&lines, with("id", fmt.Sprintf(`"e%d"`, i)))
	}
	array := "[" + strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",") + "]"
	for name, body := range map[string]string{"array": array, "lines": lines.String()} {
		if n := len(accept(t, body)); n != event.MaxBatchEvents {
			t.Errorf("%s: got %d events", name, n)
		}
	}
	for name, body := range map[string]string{
		"array": array[:len(array)-1] + "," + with() + "]",
		"lines": lines.String() + with(),
	} {
		invalid := refuse(t, body)
		contains(t, invalid.Detail, "more than 10000 events")
		if invalid.Code != problem.TooLarge {
			t.Errorf("%s: the refusal isn't marked as one about size", name)
		}
	}
}

func TestDataIsNestedNoDeeperThanReceiversCanRead(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		// Brackets in texts, escaped quotes before them, don't count.
		return `{"type":"face_matched","source":"a","data":` + strings.Repeat(`{"\"[{":`, n-1) + `{"a":"[[["}` + strings.Repeat("}", n-1) + `}`
	}
	if _, err := event.Decode([]byte(nested(event.MaxDataDepth)), time.Now()); err != nil {
		t.Errorf("%d levels: %v", event.MaxDataDepth, err)
	}
	_, err := event.Decode([]byte(nested(event.MaxDataDepth+1)), time.Now())
	if err == nil || !strings.Contains(err.Error(), "100 levels") {
		t.Errorf("%d levels: %v", event.MaxDataDepth+1, err)
	}
}

func TestSmallLettersInTimesAreFine(t *testing.T) {
	t.Parallel()
	got, err := event.ParseTime("2026-03-19t10:32:15z")
	if err != nil || event.FormatTime(got) != "2026-03-19T10:32:15+00:00" {
		t.Errorf("%v, %v", got, err)
	}
}
