package cameras

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postern/internal/event"
	"postern/internal/fullrun"
	stored "postern/internal/store/cameras"
)

func TestSilence_isJudgedByTheCamerasUsualPause(t *testing.T) {
	for name, tc := range map[string]struct {
		every, during  time.Duration
		notYet, silent time.Duration // after the last event
	}{
		"every few seconds":     {7 * time.Second, 20 * time.Minute, 4 * time.Minute, 7 * time.Minute},
		"every minute":          {time.Minute, time.Hour, 4 * time.Minute, 7 * time.Minute},
		"every quarter":         {15 * time.Minute, 12 * time.Hour, time.Hour, 2 * time.Hour},
		"twice a day":           {12 * time.Hour, 5 * 24 * time.Hour, 36 * time.Hour, 70 * time.Hour},
		"too short to know":     {10 * time.Second, 2 * time.Minute, 23 * time.Hour, 25 * time.Hour},
		"twice a day, at first": {12 * time.Hour, 24 * time.Hour, 20 * time.Hour, 26 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			simulated(t, func(s *site) {
				s.speak(tc.every, tc.during, "gate")
				s.want("gate", Live)
				s.rest(tc.notYet - tc.every)
				s.want("gate", Live)
				s.wantAnnounced()
				s.rest(tc.silent - tc.notYet)
				s.want("gate", Silent)
				s.rest(2 * time.Minute)
				s.wantAnnounced("camera_silent gate")
				s.wantOpen(1)
				if c := s.Camera("gate"); !c.Since.Equal(c.Normal) || c.Since.IsZero() {
					t.Errorf("it is silent since %v, and was heard at %v", c.Since, c.Normal)
				}
				// An error is no sign of life.
				s.send(event.SystemError, `{"code":"frame_drop"}`, "gate")
				s.rest(2 * time.Minute)
				s.want("gate", Silent)
				s.send(event.LineCrossed, `{}`, "gate")
				s.want("gate", Live)
				s.rest(2 * time.Minute)
				s.wantAnnounced("camera_silent gate", "camera_back gate resolves 1")
				s.wantOpen(1) // the frame drop
			})
		})
	}
}

func TestSilence_isNotStretchedByAnOutage(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(20*time.Second, 30*time.Minute, "gate")
		s.rest(8 * time.Hour)
		s.speak(20*time.Second, 10*time.Minute, "gate")
		s.rest(8 * time.Minute)
		s.want("gate", Silent)
	})
}

func TestOffline_isWhatACameraSaysUntilANormalEvent(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 10*time.Minute, "gate", "dock")
		s.send(event.SystemError, offline, "gate")
		s.want("gate", Offline)
		s.want("dock", Live)
		for range 28 {
			s.send(event.FaceDetected, `{}`, "dock")
			s.rest(time.Minute)
		}
		s.send(event.SystemError, offline, "gate")
		s.send(event.SystemError, `{"message":"reconnecting"}`, "gate")
		s.rest(time.Minute)
		s.want("gate", Offline)
		s.wantAnnounced() // it said so itself
		s.wantOpen(3)
		s.send(event.FaceDetected, `{}`, "gate")
		s.want("gate", Live)
		s.rest(2 * time.Minute)
		s.wantAnnounced("camera_back gate resolves 2")
		s.wantOpen(1) // the fault that doesn't say it was offline
	})
}

func TestOffline_isKnownAfterARestart(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 10*time.Minute, "gate")
		s.send(event.SystemError, offline, "gate")
		s.send(event.SystemError, `{"message":"reconnecting"}`, "gate")
		s.rest(time.Minute)
		s.again(time.Hour)
		s.want("gate", Offline)
		s.again(0)
		s.send(event.FaceDetected, `{}`, "gate")
		s.want("gate", Live)
		s.rest(2 * time.Minute)
		s.wantAnnounced("camera_back gate resolves 1")
		s.again(time.Minute)
		s.rest(3 * time.Minute)
		s.wantAnnounced("camera_back gate resolves 1")
	})
}

func TestOffline_forAMomentIsResolvedToo(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 10*time.Minute, "gate")
		s.send(event.SystemError, offline, "gate")
		s.send(event.FaceDetected, `{}`, "gate")
		s.speak(10*time.Second, 2*time.Minute, "gate")
		s.wantAnnounced("camera_back gate resolves 1")
		s.wantOpen(0)
		s.speak(10*time.Second, 5*time.Minute, "gate")
		s.wantAnnounced("camera_back gate resolves 1")
	})
}

func TestAnnouncement_isSharedByCamerasThatFallSilentWithinAMinute(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 20*time.Minute, "a", "b", "c", "d")
		s.speak(10*time.Second, 30*time.Second, "b", "c", "d")
		s.speak(10*time.Second, 20*time.Minute, "d")
		s.want("d", Live)
		s.wantAnnounced("camera_silent a b c")
		s.wantOpen(1)
		if e := s.own()[0]; !strings.Contains(string(e.Data), `"camera_count":3`) ||
			!strings.Contains(string(e.Data), "3 cameras fell silent: a, b and c") {
			t.Errorf("announced was %s", e.Data)
		}
		// While one of them is silent, so is the alert open.
		s.send(event.FaceDetected, `{}`, "a", "c")
		s.speak(10*time.Second, 2*time.Minute, "a", "c", "d")
		s.wantAnnounced("camera_silent a b c", "camera_back a c resolves 0")
		s.wantOpen(1)
		s.speak(10*time.Second, 2*time.Minute, "a", "b", "c", "d")
		s.wantAnnounced("camera_silent a b c", "camera_back a c resolves 0", "camera_back b resolves 1")
		s.wantOpen(0)
	})
}

func TestAnnouncement_namesABoundedNumberOfCameras(t *testing.T) {
	simulated(t, func(s *site) {
		var many []string
		for i := range 400 {
			many = append(many, fmt.Sprintf("cam-%03d", i))
		}
		s.speak(time.Minute, 10*time.Minute, many...)
		s.rest(10 * time.Minute)
		if n := s.Count()[Silent]; n != len(many) {
			t.Errorf("%d cameras are silent", n)
		}
		own := s.own()
		if len(own) != 1 || len(own[0].Data) > 2000 ||
			!strings.Contains(string(own[0].Data), "400 cameras fell silent: cam-000, cam-001, cam-002 and 397 more") {
			t.Fatalf("announced were %d: %s", len(own), own[0].Data)
		}
	})
}

func TestRestart_isNoCamerasSilence(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 20*time.Minute, "gate", "dock")
		s.again(2 * time.Hour)
		s.want("gate", Unknown)
		s.want("dock", Unknown)
		s.rest(2 * time.Minute)
		s.want("gate", Unknown)
		s.speak(10*time.Second, 7*time.Minute, "gate")
		s.want("gate", Live)
		s.want("dock", Silent)
		s.wantAnnounced("camera_silent dock")
		// Its usual pause is what it was.
		if c := s.Camera("gate"); c.UsualPause != time.Minute {
			t.Errorf("the gate's usual pause is %s", c.UsualPause)
		}
	})
}

func TestRestart_neitherRepeatsNorLosesAnAnnouncement(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 20*time.Minute, "gate", "dock")
		s.speak(10*time.Second, 10*time.Minute, "dock")
		s.wantAnnounced("camera_silent gate")
		s.again(10 * time.Second)
		s.want("gate", Silent)
		s.speak(10*time.Second, 10*time.Minute, "dock")
		s.wantAnnounced("camera_silent gate")
		s.again(time.Hour)
		s.speak(10*time.Second, 2*time.Minute, "gate", "dock")
		s.wantAnnounced("camera_silent gate", "camera_back gate resolves 1")
		s.wantOpen(0)
	})
}

// An announcement is made once, also where a crash falls between its record
// and its publication, or between its publication and the record of that.
func TestCrash_betweenRecordAndAnnouncement(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 20*time.Minute, "gate")
		s.rest(10 * time.Minute)
		s.wantAnnounced("camera_silent gate")
		trouble := s.troubles["gate"]
		for _, published := range []bool{true, false} {
			undone := trouble
			undone.Announced = false
			want := []string{"camera_silent gate"}
			if !published {
				undone.Opened += "x"
				want = append(want, "camera_silent gate")
			}
			if err := s.change(t.Context(), []stored.Trouble{undone}, nil); err != nil {
				t.Fatal(err)
			}
			s.again(time.Second)
			s.rest(10 * time.Second)
			s.wantAnnounced(want...)
		}
	})
}

func TestRefusal_isNoCamerasSilence(t *testing.T) {
	simulated(t, func(s *site) {
		s.speak(10*time.Second, 20*time.Minute, "gate")
		s.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no room'); END")
		e := &event.Event{ID: event.NewID(), Type: event.FaceDetected, Source: "engine", Camera: "gate", Data: []byte(`{}`)}
		e.Finalize()
		if _, err := s.hub.Publish(t.Context(), []*event.Event{e}); err == nil {
			t.Fatal("the store took an event")
		}
		s.rest(20 * time.Minute)
		if c := s.Camera("gate"); c.State != Unknown {
			t.Errorf("while nothing is taken the gate is %s", c.State)
		}
		s.execute("DROP TRIGGER full")
		s.send(event.FaceDetected, `{}`, "gate")
		s.rest(time.Second)
		s.want("gate", Live)
		s.wantAnnounced()
	})
}

func TestNight_isQuietAsUsual(t *testing.T) {
	fullrun.Only(t)
	simulated(t, func(s *site) {
		day := func(begin time.Duration) {
			s.rest(begin)
			s.speak(time.Minute, 9*time.Hour, "door")
			s.rest(15*time.Hour - begin)
		}
		day(0)
		s.wantAnnounced("camera_silent door") // nobody knows its days yet
		day(20 * time.Minute)
		s.rest(time.Hour)
		day(0)
		before := len(s.own())
		s.want("door", Quiet)
		s.speak(time.Minute, 4*time.Hour, "door")
		s.want("door", Live)
		s.rest(90 * time.Minute) // in the middle of its day
		s.want("door", Silent)
		if got := s.announced(); len(got) != before+1 {
			t.Errorf("announced were %q", got)
		}
	})
}

func TestSetting_decides(t *testing.T) {
	simulated(t, func(s *site) {
		set := func(camera string, seconds int) {
			t.Helper()
			d := time.Duration(seconds) * time.Second
			if _, err := s.set(camera, stored.Settings{SilentAfter: &d}); err != nil {
				t.Fatal(err)
			}
		}
		set("gate", 3600)
		set("dock", 0)
		set("never", 60)
		s.speak(10*time.Second, 20*time.Minute, "gate", "dock", "yard")
		s.rest(30 * time.Minute)
		s.want("gate", Live)
		s.want("dock", Quiet)
		s.want("yard", Silent)
		s.want("never", Unknown)
		s.wantAnnounced("camera_silent yard")
		s.again(time.Second)
		set("gate", 60)
		s.rest(3 * time.Minute)
		s.want("gate", Silent)
		s.wantAnnounced("camera_silent yard", "camera_silent gate")
		// A longer allowed silence ends it.
		set("gate", 0)
		set("yard", 86400)
		s.rest(2 * time.Minute)
		s.want("gate", Quiet)
		s.want("yard", Live)
		s.wantAnnounced("camera_silent yard", "camera_silent gate", "camera_rejudged gate yard resolves 2")
		s.wantOpen(0)
		if _, err := s.set("gate", stored.Settings{}); err != nil {
			t.Fatal(err)
		}
		s.rest(2 * time.Minute)
		s.want("gate", Silent)
		if n := len(s.List()); n != 4 {
			t.Errorf("%d cameras are listed", n)
		}
	})
}

func TestSetting_isChecked(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{-1, time.Second, 59 * time.Second, 61500 * time.Millisecond, MaxSilentAfter + time.Second} {
		if Check(stored.Settings{SilentAfter: &d}) == nil {
			t.Errorf("%s is taken", d)
		}
	}
	for _, d := range []time.Duration{0, MinSilentAfter, MaxSilentAfter} {
		if err := Check(stored.Settings{SilentAfter: &d}); err != nil {
			t.Errorf("%s: %v", d, err)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", event.MaxNameLength+1), "\xff"} {
		if CheckID(name) == nil {
			t.Errorf("the name %q is taken", name)
		}
	}
}

func TestGone_isNotSilent(t *testing.T) {
	fullrun.Only(t)
	simulated(t, func(s *site) {
		hour := time.Hour
		if _, err := s.set("kept", stored.Settings{SilentAfter: &hour}); err != nil {
			t.Fatal(err)
		}
		s.speak(time.Minute, 10*time.Minute, "gate", "kept")
		s.rest(6 * 24 * time.Hour)
		if n := s.Count()[Silent]; n != 2 {
			t.Errorf("%d cameras are silent", n)
		}
		s.rest(2 * 24 * time.Hour)
		if list := s.List(); len(list) != 1 || list[0].ID != "kept" || list[0].State != Silent {
			t.Errorf("listed are %+v", list)
		}
		s.send(event.FaceDetected, `{}`, "gate")
		s.rest(2 * time.Minute)
		s.want("gate", Live)
		s.wantAnnounced("camera_silent gate", "camera_silent kept", "camera_back gate resolves 1")
	})
}
