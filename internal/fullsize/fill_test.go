package fullsize

import (
	"testing"

	"postern/internal/store"
)

func TestFill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	Fill(t, dir, Sample)
	s, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Head() != int64(Sample.Events) {
		t.Errorf("%d events, want %d", s.Head(), Sample.Events)
	}
	if s.Clock().Held {
		t.Error("the clock of the store is held")
	}
}
