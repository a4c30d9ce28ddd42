package catalogue

import (
	"bytes"
	"testing"
	"time"

	"postern/internal/event"
	view "postern/views/catalogue"
)

func TestNewSample_of_each_type_is_marked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 19, 10, 32, 0, 0, time.UTC)
	for _, in := range event.Catalogue() {
		e, err := newSample(in.Type, now)
		if err != nil {
			t.Fatal(err)
		}
		if e.Type != in.Type || e.Source != view.SampleSource || e.Camera != "" || !e.Time.Equal(now) ||
			!bytes.Contains(e.Data, []byte(`"sample":true`)) || bytes.Contains(e.Data, []byte("Alice")) {
			t.Errorf("the sample of %s is %s", in.Name, e.JSON())
		}
		if id := e.IdentityID(); id != "" && id != "sample" {
			t.Errorf("the sample of %s is about %s", in.Name, id)
		}
	}
}
