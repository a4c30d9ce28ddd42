package event_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"postern/internal/event"
)

// referenceTypes are the reference's ten types with its sentences, in its
// order.
var referenceTypes = []struct{ name, description string }{
	{"face_detected", "A face was detected in an image or video frame"},
	{"face_matched", "A detected face matched an enrolled identity"},
	{"watchlist_alert", "A watchlist match exceeded the alert threshold"},
	{"liveness_passed", "An active liveness session completed successfully"},
	{"liveness_failed", "An active liveness session failed"},
	{"document_scanned", "A document was scanned and processed"},
	{"person_entered", "A tracked person entered a monitored zone"},
	{"person_exited", "A tracked person exited a monitored zone"},
	{"line_crossed", "A tracked person crossed a counting line"},
	{"system_error", "An internal error occurred in a processing module"},
}

func TestCatalogueHasTheReferencesTypesInItsOrder(t *testing.T) {
	catalogue := event.Catalogue()
	if len(catalogue) != len(referenceTypes) {
		t.Fatalf("the catalogue has %d types, want %d", len(catalogue), len(referenceTypes))
	}
	meanings := []event.Meaning{event.Routine, event.Confirmed, event.Attention, event.Alert, event.Fault}
	for i, want := range referenceTypes {
		in := catalogue[i]
		if in.Name != want.name || in.Description != want.description {
			t.Errorf("%d is %q, %q; want %q, %q", i, in.Name, in.Description, want.name, want.description)
		}
		// The number is what the database stores: it must never change.
		if in.Type != event.Type(i+1) || !in.Type.Valid() || in.Type.String() != want.name || in.Type.Info() != in {
			t.Errorf("%s has number %d", want.name, in.Type)
		}
		if parsed, err := event.ParseType(want.name); err != nil || parsed != in.Type {
			t.Errorf("ParseType(%q) = %d, %v", want.name, parsed, err)
		}
		if words := strings.ReplaceAll(want.name, "_", " "); !strings.EqualFold(in.Words, words) || in.Words[0] < 'A' || in.Words[0] > 'Z' {
			t.Errorf("%s is called %q", want.name, in.Words)
		}
		if !slices.Contains(meanings, in.Meaning) {
			t.Errorf("%s means %q", want.name, in.Meaning)
		}
	}
}

func TestEveryExampleIsTheDataOfAnEvent(t *testing.T) {
	for _, in := range event.Catalogue() {
		e := acceptOne(t, with("type", fmt.Sprintf("%q", in.Name), "data", in.Example))
		if e.Type != in.Type || string(e.Data) != in.Example {
			t.Errorf("%s: the example decodes as %s with %s", in.Name, e.Type, e.Data)
		}
		if len(e.Fields()) == 0 {
			t.Errorf("%s: the example is empty", in.Name)
		}
	}
}

func TestTheCatalogueCantBeChangedFromOutside(t *testing.T) {
	event.Catalogue()[0].Name = "changed"
	if event.FaceDetected.String() != "face_detected" {
		t.Error("the catalogue changed")
	}
}

func TestATypeOfALaterVersionHasNoName(t *testing.T) {
	for _, typ := range []event.Type{0, 11, 31, 255} {
		if typ.Valid() || typ.String() != "" || typ.Info() != (event.Info{}) {
			t.Errorf("type %d is valid: %q", typ, typ)
		}
	}
}

func TestParseTypes(t *testing.T) {
	all := strings.Fields("face_detected face_matched watchlist_alert liveness_passed liveness_failed document_scanned person_entered " +
		"person_exited line_crossed system_error")
	for _, tc := range []struct {
		names []string
		want  []event.Type
		out   []string
	}{
		{[]string{"face_matched"}, []event.Type{event.FaceMatched}, []string{"face_matched"}},
		{[]string{"system_error", "face_matched", "watchlist_alert"}, []event.Type{event.FaceMatched, event.WatchlistAlert, event.SystemError},
			[]string{"face_matched", "watchlist_alert", "system_error"}},
		{[]string{"*"}, event.AllTypes.Each(), []string{"*"}},
		{all, event.AllTypes.Each(), all},
	} {
		set, err := event.ParseTypes(tc.names)
		if err != nil {
			t.Errorf("ParseTypes(%q): %v", tc.names, err)
			continue
		}
		if got := set.Each(); !slices.Equal(got, tc.want) || set.Len() != len(tc.want) {
			t.Errorf("ParseTypes(%q) has %v (%d)", tc.names, got, set.Len())
		}
		if got := set.Names(); !slices.Equal(got, tc.out) {
			t.Errorf("ParseTypes(%q) is written %q, want %q", tc.names, got, tc.out)
		}
		if again, err := event.ParseTypes(set.Names()); err != nil || again != set {
			t.Errorf("%q reads as %b, %v; want %b", set.Names(), again, err, set)
		}
	}
}

func TestParseTypesRefuses(t *testing.T) {
	for _, tc := range []struct {
		names []string
		words []string
	}{
		{nil, []string{"at least one", "face_detected", "system_error"}},
		{[]string{"*", "face_matched"}, []string{"stand alone"}},
		{[]string{"face_matched", "*"}, []string{"stand alone"}},
		{[]string{"*", "*"}, []string{"stand alone"}},
		{[]string{"face_matched", "line_crossed", "face_matched"}, []string{`"face_matched"`, "twice"}},
		{[]string{"face_matched", "nope"}, []string{`"nope"`, "face_detected", "system_error"}},
		{[]string{""}, []string{`There is no event type ""`}},
	} {
		set, err := event.ParseTypes(tc.names)
		if err == nil {
			t.Errorf("ParseTypes(%q) = %b, want an error", tc.names, set)
			continue
		}
		contains(t, err.Error(), tc.words...)
	}
	if _, err := event.ParseTypes([]string{"nope"}); !errors.Is(err, event.ErrUnknownType) {
		t.Errorf("%v doesn't wrap ErrUnknownType", err)
	}
}

func TestTypeSets(t *testing.T) {
	set := event.Types(event.FaceMatched, event.SystemError)
	for _, in := range event.Catalogue() {
		if want := in.Type == event.FaceMatched || in.Type == event.SystemError; set.Has(in.Type) != want {
			t.Errorf("Has(%s) = %t", in.Type, !want)
		}
		if !event.AllTypes.Has(in.Type) {
			t.Errorf("AllTypes lacks %s", in.Type)
		}
	}
	// A later version's events reach whoever asked for all of them.
	if set.Has(11) || !event.AllTypes.Has(11) {
		t.Errorf("Has(11) is %t in a set of two and %t in AllTypes", set.Has(11), event.AllTypes.Has(11))
	}
	if event.Types() != 0 || len(event.TypeSet(0).Names()) != 0 {
		t.Error("the empty set isn't empty")
	}
}

func TestUrgentTypesFollowFromTheirMeaning(t *testing.T) {
	if want := event.Types(event.WatchlistAlert, event.LivenessFailed, event.SystemError); event.UrgentTypes != want {
		t.Errorf("urgent are %v, want %v", event.UrgentTypes.Names(), want.Names())
	}
}

func TestSeverity_OrdersMeanings(t *testing.T) {
	order := []event.Meaning{event.Alert, event.Attention, event.Fault, event.Confirmed}
	for i := range order[1:] {
		if order[i].Severity() >= order[i+1].Severity() {
			t.Errorf("%s is not more urgent than %s", order[i], order[i+1])
		}
	}
}
