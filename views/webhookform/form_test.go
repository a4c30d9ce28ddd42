package webhookform

import (
	"strings"
	"testing"

	"postern/internal/delivery"
	"postern/internal/event"
)

func TestPreviewSaysHowMany(t *testing.T) {
	for want, p := range map[string]Preview{
		"No events yet to preview with.":           {},
		"None of the last 60 events would match.":  {Examined: 60},
		"37 of the last 1,000 events would match.": {Examined: 1000, Matching: 37},
		"The only event so far would match.":       {Examined: 1, Matching: 1},
	} {
		if got := p.summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFormUnfoldsForWhatIsInIt(t *testing.T) {
	for _, tc := range []struct {
		form            Form
		filters, limits bool
	}{
		{Form{}, false, false},
		{Form{URL: "x", Types: event.AllTypes, Errors: map[string]string{"url": "Wrong."}}, false, false},
		{Form{Settings: map[string]string{"camera_ids": "a"}}, true, false},
		{Form{Preview: &Preview{}}, true, false},
		{Form{Errors: map[string]string{"sources": "Wrong."}}, true, false},
		{Form{Settings: map[string]string{"ordered": "1"}}, false, true},
		{Form{Settings: map[string]string{"storm_window_seconds": "9"}}, false, true},
		{Form{Errors: map[string]string{"timeout_seconds": "Wrong."}}, false, true},
	} {
		if tc.form.filtersOpen() != tc.filters || tc.form.limitsOpen() != tc.limits {
			t.Errorf("%+v", tc.form)
		}
	}
}

// An error of a field that no template shows would leave a form refused without a
// reason.
func TestForm_ShowsTheErrorOfEachField(t *testing.T) {
	names := []string{"url", "secret", "event_types"}
	for _, setting := range new(delivery.Settings).Each() {
		names = append(names, setting.Name)
	}
	for _, name := range names {
		var page strings.Builder
		if err := form(Form{Errors: map[string]string{name: "Reason of " + name}}).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), "Reason of "+name) {
			t.Errorf("the form doesn't show an error of %s", name)
		}
	}
}
