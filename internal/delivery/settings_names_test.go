package delivery

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestSettings_Names(t *testing.T) {
	t.Parallel()
	var ten []string
	for i := range MaxLabels {
		ten = append(ten, "label "+strconv.Itoa(i))
	}
	for name, tc := range map[string]struct {
		settings Settings
		wrong    string
	}{
		"longest":                {Settings{Name: strings.Repeat("世", 80), Description: strings.Repeat("世", 500), Labels: ten}, ""},
		"long name":              {Settings{Name: strings.Repeat("x", 81)}, "name"},
		"name with a line feed":  {Settings{Name: "a\nb"}, "name"},
		"name that isn't text":   {Settings{Name: "a\xffb"}, "name"},
		"long description":       {Settings{Description: strings.Repeat("x", 501)}, "description"},
		"description with a nul": {Settings{Description: "a\x00b"}, "description"},
		"empty label":            {Settings{Labels: []string{"a", " "}}, "labels"},
		"long label":             {Settings{Labels: []string{strings.Repeat("x", 41)}}, "labels"},
		"label with a comma":     {Settings{Labels: []string{"a,b"}}, "labels"},
		"eleven labels":          {Settings{Labels: append(slices.Clone(ten), "one more")}, "labels"},
		"a label twice":          {Settings{Labels: append(slices.Clone(ten), ten...)}, ""},
	} {
		_, wrong := tc.settings.Validate()
		if got := len(wrong); got > 1 || tc.wrong == "" && got != 0 || tc.wrong != "" && (got != 1 || wrong[0].Field != tc.wrong) {
			t.Errorf("%s: %v, want an error of %q", name, wrong, tc.wrong)
		}
	}
	s := Settings{Name: " Access\t", Description: "Door controller.\r\nCall Bob. ", Labels: []string{" a", "b", "a"}}
	if _, wrong := s.Validate(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	want := Settings{Name: "Access", Description: "Door controller.\nCall Bob.", Labels: []string{"a", "b"}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("they are kept as %+v", s)
	}
}
