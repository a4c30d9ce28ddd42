package database

import "testing"

func TestTroubleKind_EveryKindHasTexts(t *testing.T) {
	t.Parallel()
	if len(troubleTexts) != len(TroubleKinds()) {
		t.Errorf("%d troubles have texts, there are %d", len(troubleTexts), len(TroubleKinds()))
	}
	for _, kind := range TroubleKinds() {
		if kind.Summary() == "" || kind.Detail() == "" {
			t.Errorf("%s has no texts", kind)
		}
	}
}
