package web

import (
	"os"
	"strings"
	"testing"
)

func TestARemovedFileIsToldEverywhereAndReadingGoesOn(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", "-wal"} {
		t.Run("postern.db"+end, func(t *testing.T) {
			t.Parallel()
			s := startService(t)
			s.post(apiPath+"/events", oneEvent).want(202)
			if err := os.Remove(s.store.DB.Path() + end); err != nil {
				t.Fatal(err)
			}
			p := s.post(apiPath+"/events", oneEvent).problem(503)
			if !strings.Contains(p.Detail, "removed or replaced") {
				t.Errorf("the refusal says %q", p.Detail)
			}
			s.get("/healthz").want(200)
			if p := s.get("/readyz").problem(503); !strings.Contains(p.Detail, "removed or replaced") {
				t.Errorf("readyz says %q", p.Detail)
			}
			s.metrics().want(t, `postern_store_trouble{kind="files_replaced"}`, 1)
			for path, want := range map[string]string{"/": "no events accepted: database file removed", "/settings": "was removed or replaced",
				"/events": "", apiPath + "/events/recent": "face_"} {
				if a := s.get(path).want(200); !strings.Contains(string(a.body), want) {
					t.Errorf("%s doesn't say %q", path, want)
				}
			}
		})
	}
}
