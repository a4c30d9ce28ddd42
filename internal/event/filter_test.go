package event_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
)

func TestFilterMatches(t *testing.T) {
	at := time.Date(2026, 3, 19, 10, 32, 15, 500_000_000, time.UTC)
	e := acceptOne(t, with("id", `"Ev-1"`, "type", `"face_matched"`, "source", `"Face_Pipeline"`, "camera_id", `"Lobby-Cam-1"`,
		"timestamp", `"2026-03-19T10:32:15.5Z"`, "data",
		`{"label":"Zoë Ångström","plain":"Straße","esc":"\u0041bc \"q\"","n":12.50,"nested":{"deep":"hidden"},"list":["hidden"],"keyname":true}`))
	bare := acceptOne(t, with("timestamp", `"2026-03-19T10:32:15.5Z"`))

	for name, tc := range map[string]struct {
		f    event.Filter
		want bool
	}{
		"nothing asked":             {event.Filter{}, true},
		"its type":                  {event.Filter{Types: event.Types(event.FaceMatched)}, true},
		"one of types":              {event.Filter{Types: event.Types(event.FaceMatched, event.SystemError)}, true},
		"all types":                 {event.Filter{Types: event.AllTypes}, true},
		"another type":              {event.Filter{Types: event.Types(event.SystemError)}, false},
		"its camera":                {event.Filter{Cameras: []string{"Lobby-Cam-1"}}, true},
		"one of cameras":            {event.Filter{Cameras: []string{"x", "Lobby-Cam-1"}}, true},
		"another camera":            {event.Filter{Cameras: []string{"x"}}, false},
		"camera in another case":    {event.Filter{Cameras: []string{"lobby-cam-1"}}, false},
		"its source":                {event.Filter{Sources: []string{"Face_Pipeline"}}, true},
		"another source":            {event.Filter{Sources: []string{"x", "y"}}, false},
		"since before":              {event.Filter{Since: at.Add(-time.Microsecond)}, true},
		"since its time":            {event.Filter{Since: at}, true},
		"since its time, elsewhere": {event.Filter{Since: at.In(time.FixedZone("", 3600))}, true},
		"since after":               {event.Filter{Since: at.Add(time.Nanosecond)}, false},
		"until after":               {event.Filter{Until: at.Add(time.Nanosecond)}, true},
		"until its time":            {event.Filter{Until: at}, false},
		"within":                    {event.Filter{Since: at, Until: at.Add(1)}, true},
		"text in the id":            {event.Filter{Text: "ev-1"}, true},
		"text in the camera":        {event.Filter{Text: "LOBBY"}, true},
		"text in the source":        {event.Filter{Text: "pipe"}, true},
		"text in data":              {event.Filter{Text: "zoë"}, true},
		"text in any case":          {event.Filter{Text: "ZOË ÅNG"}, true},
		"text after an escape":      {event.Filter{Text: `abc "q"`}, true},
		"text with sharp s":         {event.Filter{Text: "straße"}, true},
		"text without its accent":   {event.Filter{Text: "zoe"}, true},
		"text with its mark apart":  {event.Filter{Text: "zoe\u0308 A\u030angstro\u0308m"}, true},
		"text with another accent":  {event.Filter{Text: "Zoé"}, true},
		"text with ss":              {event.Filter{Text: "STRASSE"}, true},
		"text in full width":        {event.Filter{Text: "Ｌｏｂｂｙ－ｃａｍ"}, true},
		"text of a mark alone":      {event.Filter{Text: "\u0308"}, false},
		"camera without regard":     {event.Filter{Cameras: []string{"Ｌobby-Cam-1"}}, false},
		"text of an escape itself":  {event.Filter{Text: `u0041`}, false},
		"text below level one":      {event.Filter{Text: "hidden"}, false},
		"text of a member's name":   {event.Filter{Text: "keyname"}, false},
		"text of a number":          {event.Filter{Text: "12.5"}, false},
		"text of the type":          {event.Filter{Text: "face_matched"}, false},
		"text across fields":        {event.Filter{Text: "Ev-1Lobby"}, false},
		"all at once": {event.Filter{Types: event.Types(event.FaceMatched), Cameras: []string{"Lobby-Cam-1"}, Sources: []string{"Face_Pipeline"},
			Since: at, Until: at.Add(1), Text: "ång"}, true},
		"all but one": {event.Filter{Types: event.Types(event.FaceMatched), Cameras: []string{"Lobby-Cam-1"}, Sources: []string{"Face_Pipeline"},
			Since: at, Until: at.Add(1), Text: "nope"}, false},
	} {
		if got := tc.f.Match(e); got != tc.want {
			t.Errorf("%s: Match is %t", name, got)
		}
	}
	if (&event.Filter{Cameras: []string{"x"}}).Match(bare) {
		t.Error("an event without a camera is of camera x")
	}
	if (&event.Filter{Text: "null"}).Match(bare) {
		t.Error(`an event without a camera has the text "null"`)
	}
}

func TestEachDimensionNarrowsByItself(t *testing.T) {
	// Every combination of dimensions that each match or don't: an event
	// passes when none of them objects.
	at := time.Date(2026, 3, 19, 10, 32, 15, 0, time.UTC)
	e := acceptOne(t, with("type", `"face_matched"`, "source", `"s"`, "camera_id", `"c"`, "timestamp", `"2026-03-19T10:32:15Z"`,
		"data", `{"a":"text"}`))
	set := []func(f *event.Filter, good bool){
		func(f *event.Filter, good bool) { f.Types = pick(good, event.Types(2), event.Types(3)) },
		func(f *event.Filter, good bool) { f.Cameras = []string{pick(good, "c", "d")} },
		func(f *event.Filter, good bool) { f.Sources = []string{pick(good, "s", "t")} },
		func(f *event.Filter, good bool) { f.Since = at.Add(pick(good, time.Duration(0), time.Second)) },
		func(f *event.Filter, good bool) { f.Until = at.Add(pick(good, time.Second, 0)) },
		func(f *event.Filter, good bool) { f.Text = pick(good, "TEX", "nope") },
	}
	combinations := 1
	for range set {
		combinations *= 3
	}
	for n := range combinations {
		var f event.Filter
		want, rest := true, n
		for _, apply := range set {
			switch rest % 3 {
			case 1:
				apply(&f, true)
			case 2:
				apply(&f, false)
				want = false
			}
			rest /= 3
		}
		if got := f.Match(e); got != want {
			t.Errorf("%+v: Match is %t", f, got)
		}
	}
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

func TestFieldsAreDatasFirstLevelInOrder(t *testing.T) {
	e := acceptOne(t, with("data", `{"z":"a\u00e9\n","\u0061":1.50,"o":{"x": [1]},"l":[1,"b"],"n":null,"t":true,"":""}`))
	var got []string
	for _, f := range e.Fields() {
		got = append(got, fmt.Sprintf("%s=%s", f.Name, f.Text()))
	}
	want := []string{"z=aé\n", "a=1.50", `o={"x":[1]}`, `l=[1,"b"]`, "n=null", "t=true", "="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if fields := acceptOne(t, with()).Fields(); len(fields) != 0 {
		t.Errorf("no data has %d fields", len(fields))
	}
}

func TestFieldsAreCopies(t *testing.T) {
	e := acceptOne(t, with("data", `{"a":"bcd"}`))
	for _, f := range e.Fields() {
		for i := range f.Value {
			f.Value[i] = '!'
		}
	}
	if strings.Contains(string(e.JSON()), "!") {
		t.Errorf("a change to a field went into the event: %s", e.JSON())
	}
}
