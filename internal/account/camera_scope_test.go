package account

import (
	"slices"
	"testing"
	"time"

	"postern/internal/event"
)

func TestCameraScope_Narrow_is_the_intersection_and_never_all(t *testing.T) {
	t.Parallel()
	at := func(camera string) *event.Event {
		return &event.Event{ID: "e", Type: event.FaceMatched, Time: time.Now(), Source: "s", Camera: camera, Data: []byte("{}")}
	}
	cameras := []string{"", "a", "b", "c", "d"}
	lists := [][]string{nil, {"a"}, {"a", "b"}, {"d"}, {"c", "d"}, {""}, {"", "a"}}
	for _, restriction := range []CameraScope{{}, OnlyCameras(), OnlyCameras(""), OnlyCameras("a"), OnlyCameras("b", "a", "b"),
		OnlyCameras("c", "")} {
		for _, asked := range lists {
			f, some := restriction.Restrict(event.Filter{Cameras: asked, Sources: []string{"s"}})
			matched := false
			for _, camera := range cameras {
				before := event.Filter{Cameras: asked}
				should := before.Match(at(camera)) && restriction.Allow(camera)
				if f.Match(at(camera)) != should {
					t.Errorf("%+v, asked for %q: camera %q is matched: %t", restriction, asked, camera, !should)
				}
				matched = matched || should
			}
			if some != matched || len(f.Sources) != 1 || (restriction.limited && len(f.Cameras) == 0) {
				t.Errorf("%+v, asked for %q: %+v, %t", restriction, asked, f, some)
			}
		}
	}
	if OnlyCameras("a").Allow("") || OnlyCameras("").Allow("") || !(CameraScope{}).Allow("") || OnlyCameras("Lobby").Allow("lobby") {
		t.Error("an event without a camera, or of another case, is allowed")
	}
	asked := []string{"a", "b"}
	OnlyCameras("b").Restrict(event.Filter{Cameras: asked})
	if !slices.Equal(asked, []string{"a", "b"}) {
		t.Errorf("the caller's list became %q", asked)
	}
}
