package demo

import (
	"slices"
	"testing"
)

// A camera that is missing here would stand among named ones with its id.
func TestEachCameraOfTheSiteHasAName(t *testing.T) {
	t.Parallel()
	ids := []string{kioskCamera}
	for _, z := range []*zone{lobby, dock, serverRoom, parking, gate} {
		ids = append(ids, z.cameras...)
	}
	for _, f := range faults {
		if f.camera != "" {
			ids = append(ids, f.camera)
		}
	}
	named := make(map[string]bool)
	for _, camera := range cameraSettings {
		named[camera.ID] = camera.Name != "" && camera.Site != "" && camera.Group != ""
		if !slices.Contains(ids, camera.ID) {
			t.Errorf("%s is no camera of the site", camera.ID)
		}
	}
	for _, id := range ids {
		if !named[id] {
			t.Errorf("%s has no name, site or group", id)
		}
	}
}
