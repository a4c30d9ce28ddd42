package demo

import (
	"fmt"
	"time"
)

// scene plans the steps of a person or a fault that appears at a time. It plans all steps at once and in
// order, so that the story is coherent.
type scene func(s *Site, at time.Duration)

// newDeck returns the scenes to deal, unshuffled. A deck, unlike dice, has each rare scene exactly once.
// It lasts some four minutes at the default rate, so that the first alert comes soon.
func newDeck() []scene {
	var deck []scene
	add := func(times int, sc scene) {
		for range times {
			deck = append(deck, sc)
		}
	}
	add(36, visitBy(watchlistDefault))
	add(24, visitByUnenrolled)
	add(2, visitBy(watchlistVIP))
	add(1, visitBy(watchlistBlocked))
	add(8, checkIn)
	add(4, remoteCheck)
	add(2, breakdown)
	return deck
}

// visitBy plans a visit of a person who is enrolled in a watchlist and isn't at the site already, or of
// an unenrolled person if all of them are.
func visitBy(watchlist string) scene {
	return func(s *Site, at time.Duration) {
		var free []*person
		for _, p := range s.cast {
			if p.watchlist == watchlist && p.freeAt <= at {
				free = append(free, p)
			}
		}
		if len(free) == 0 {
			visitByUnenrolled(s, at)
			return
		}
		routes := staffRoutes
		if watchlist != watchlistDefault {
			routes = visitorRoutes
		}
		visitor := pick(s, free)
		visitor.freeAt = s.walk(at, visitor, pick(s, routes)) + s.between(20*time.Second, 3*time.Minute)
	}
}

func visitByUnenrolled(s *Site, at time.Duration) { s.walk(at, nil, pick(s, visitorRoutes)) }

// checkIn plans a visitor at reception: a document, a liveness session, perhaps a second one, and the way in.
func checkIn(s *Site, at time.Duration) {
	track, camera := s.newTrack(), pick(s, lobby.cameras)
	s.enter(at, track, lobby, camera)
	t := at + s.between(800*time.Millisecond, 3*time.Second)
	s.detect(t, track, camera)
	t += s.between(4*time.Second, 12*time.Second)
	s.scanDocument(t)
	t, passed := s.proveLiveness(t, kioskCamera)
	if passed {
		t += s.between(2*time.Second, 6*time.Second)
		s.cross(t, track, lobby, camera, "in")
	}
	s.exit(at, t+s.between(time.Second, 4*time.Second), track, lobby, camera)
}

// remoteCheck plans a person who proves their identity from home, where the site has no camera.
func remoteCheck(s *Site, at time.Duration) {
	s.scanDocument(at)
	s.proveLiveness(at, "")
}

// breakdown plans a fault and its reports.
func breakdown(s *Site, at time.Duration) {
	f := pick(s, faults)
	for range f.reports {
		s.plan(at, Event{
			Type: typeSystemError, Source: f.module, CameraID: f.camera,
			Data: systemError{Module: f.module, Code: f.code, Message: f.message},
		})
		at += s.between(10*time.Second, 20*time.Second)
	}
}

// walk plans the way of a person through zones, and returns when it ends. A nil visitor isn't enrolled.
func (s *Site) walk(at time.Duration, visitor *person, route []*zone) time.Duration {
	for i, z := range route {
		if i > 0 {
			at += s.between(5*time.Second, 20*time.Second)
		}
		at = s.pass(at, visitor, z)
	}
	return at
}

// pass plans one stay in one zone and returns when it ends.
func (s *Site) pass(at time.Duration, visitor *person, z *zone) time.Duration {
	track, camera := s.newTrack(), pick(s, z.cameras) // a tracker begins in every zone
	stay := min(10*time.Second+time.Duration(s.rng.ExpFloat64()*float64(20*time.Second)), 2*time.Minute)
	end := at + stay

	s.enter(at, track, z, camera)
	t := at + s.between(400*time.Millisecond, 1500*time.Millisecond)
	s.detect(t, track, camera)
	if visitor != nil {
		s.match(t+s.between(120*time.Millisecond, 600*time.Millisecond), visitor, camera)
	}
	t += s.between(time.Second, 3*time.Second)
	s.cross(t, track, z, camera, "in")

	// A person who stays is seen again, now and then.
	leaving := end - 3*time.Second
	for range 3 {
		t += s.between(4*time.Second, 12*time.Second)
		if t >= leaving {
			break
		}
		s.detect(t, track, camera)
	}
	// Some leave by a door that no line watches.
	if s.chance(0.85) {
		s.cross(end-s.between(300*time.Millisecond, 2*time.Second), track, z, camera, "out")
	}
	s.exit(at, end, track, z, camera)
	return end
}

func (s *Site) newTrack() string {
	s.tracks++
	return fmt.Sprintf("trk-%06d", s.tracks)
}
