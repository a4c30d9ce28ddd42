package cameras

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/problem"
	stored "postern/internal/store/cameras"
)

func TestExpectedInterval_replacesTheUsualPause(t *testing.T) {
	simulated(t, func(s *site) {
		set := func(camera string, to stored.Settings) {
			t.Helper()
			if _, err := s.set(camera, to); err != nil {
				t.Fatal(err)
			}
		}
		never := new(time.Duration)
		set("gate", stored.Settings{ExpectedInterval: time.Minute})
		set("fast", stored.Settings{ExpectedInterval: time.Second})
		set("both", stored.Settings{ExpectedInterval: time.Minute, SilentAfter: new(20 * time.Minute)})
		set("free", stored.Settings{ExpectedInterval: time.Minute, SilentAfter: never})
		s.send(event.FaceDetected, `{}`, "gate", "fast", "both", "free", "other")
		for camera, want := range map[string]time.Duration{
			"gate": 5 * time.Minute, "fast": time.Minute, "both": 20 * time.Minute, "free": 0, "other": 24 * time.Hour,
		} {
			if got := s.Camera(camera).SilentAfter; got != want {
				t.Errorf("%s may be silent for %s, want %s", camera, got, want)
			}
		}
		s.rest(4 * time.Minute)
		s.want("gate", Live)
		s.want("fast", Silent)
		s.rest(2 * time.Minute)
		s.want("gate", Silent)
		s.want("free", Quiet)
		s.want("other", Live)
		s.rest(15 * time.Minute)
		s.want("both", Silent)
		// They outlive a restart.
		s.again(time.Second)
		if got := s.Camera("both").Settings; got.ExpectedInterval != time.Minute || *got.SilentAfter != 20*time.Minute {
			t.Errorf("after a restart the settings are %+v", got)
		}
	})
}

// A camera with an expected interval is silent at night too: an operator has said
// that it always sends.
func TestExpectedInterval_holdsAtAnyHour(t *testing.T) {
	simulated(t, func(s *site) {
		if _, err := s.set("door", stored.Settings{ExpectedInterval: 2 * time.Minute}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s.speak(time.Minute, 2*time.Hour, "door", "window")
			s.rest(22 * time.Hour)
		}
		s.speak(time.Minute, 2*time.Hour, "door", "window")
		s.rest(3 * time.Hour)
		s.want("window", Quiet)
		s.want("door", Silent)
	})
}

func TestAnnouncement_saysTheNamesOfCameras(t *testing.T) {
	simulated(t, func(s *site) {
		if _, err := s.set("gate-7", stored.Settings{Name: "North gate"}); err != nil {
			t.Fatal(err)
		}
		s.speak(10*time.Second, 20*time.Minute, "gate-7")
		s.rest(8 * time.Minute)
		s.wantAnnounced("camera_silent gate-7")
		if e := s.own()[0]; !strings.Contains(string(e.Data), "North gate (gate-7) fell silent") {
			t.Errorf("announced was %s", e.Data)
		}
	})
}

func TestSettings_areCheckedField_by_field(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxText+1)
	err := Check(stored.Settings{Name: long, Site: " Harbour", Group: "a\u202eb", ExpectedInterval: MaxExpectedInterval + time.Second,
		SilentAfter: new(time.Second)})
	var fields []string
	for _, f := range problem.Of(err).Fields {
		fields = append(fields, f.Field)
	}
	if got := strings.Join(fields, " "); got != "name site group expected_interval_seconds silent_after_seconds" {
		t.Errorf("wrong are %s", got)
	}
	for _, wrong := range []stored.Settings{{Name: "a\nb"}, {Site: "\xff"}, {ExpectedInterval: -1},
		{ExpectedInterval: 1500 * time.Millisecond}} {
		if Check(wrong) == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
	if err := Check(
		stored.Settings{Name: strings.Repeat("ü", MaxText), Site: "Hafen", Group: "Tor 7", ExpectedInterval: MaxExpectedInterval},
	); err != nil {
		t.Error(err)
	}
}

// A change that fails leaves the settings as they are, and changes at the same time
// don't lose one another's.
func TestChange_keepsWhatItDoesNotEdit(t *testing.T) {
	simulated(t, func(s *site) {
		done := make(chan error, 20)
		for i := range 20 {
			go func() {
				_, err := s.Change(s.t.Context(), "gate", func(to *stored.Settings) error {
					if i%2 == 0 {
						to.Name += "n"
					} else {
						to.Site += "s"
					}
					return nil
				})
				done <- err
			}()
		}
		for range 20 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		refused := fmt.Errorf("refused")
		if _, err := s.Change(s.t.Context(), "gate", func(to *stored.Settings) error {
			to.Name = "another"
			return refused
		}); err != refused {
			t.Errorf("got %v", err)
		}
		if _, err := s.set("gate", stored.Settings{Name: "a\tb"}); err == nil {
			t.Error("a tab is taken")
		}
		if got := s.Camera("gate").Settings; got.Name != strings.Repeat("n", 10) || got.Site != strings.Repeat("s", 10) {
			t.Errorf("the settings are %+v", got)
		}
	})
}
