package demo

import (
	"fmt"
	"time"
)

// The parts of scenes: each is one event or one session.

func (s *Site) enter(at time.Duration, track string, z *zone, camera string) {
	s.plan(at, Event{
		Type: typePersonEntered, Source: sourceTracker, CameraID: camera,
		Data: personEntered{TrackID: track, Zone: z.name},
	})
}

func (s *Site) exit(entered, at time.Duration, track string, z *zone, camera string) {
	s.plan(at, Event{
		Type: typePersonExited, Source: sourceTracker, CameraID: camera,
		Data: personExited{TrackID: track, Zone: z.name, DwellSeconds: round((at - entered).Seconds(), 1)},
	})
}

// cross plans a crossing. Site.Next fills in the counts, which depend on the order of all crossings.
func (s *Site) cross(at time.Duration, track string, z *zone, camera, direction string) {
	s.plan(at, Event{
		Type: typeLineCrossed, Source: sourceTracker, CameraID: camera,
		Data: lineCrossed{TrackID: track, Line: z.line, Direction: direction},
	})
}

func (s *Site) detect(at time.Duration, track, camera string) {
	width := 70 + s.rng.IntN(160)
	height := width * 5 / 4
	s.plan(at, Event{
		Type: typeFaceDetected, Source: sourceFace, CameraID: camera,
		Data: faceDetected{
			TrackID:    track,
			Confidence: s.score(0.86, 0.99),
			BBox:       [4]int{s.rng.IntN(1920 - width), s.rng.IntN(1080 - height), width, height},
			Quality:    s.score(0.45, 0.97),
		},
	})
}

// match plans a match, and an alert if the match reaches the watchlist's threshold.
func (s *Site) match(at time.Duration, visitor *person, camera string) {
	match := faceMatched{
		IdentityID: visitor.id,
		Label:      visitor.label,
		Similarity: round(min(max(visitor.likeness+0.025*s.rng.NormFloat64(), 0.62), 0.99), 2),
		Watchlist:  visitor.watchlist,
	}
	s.plan(at, Event{Type: typeFaceMatched, Source: sourceFace, CameraID: camera, Data: match})
	threshold, watched := alertThresholds[visitor.watchlist]
	if !watched || match.Similarity < threshold {
		return
	}
	s.plan(at+s.between(30*time.Millisecond, 150*time.Millisecond), Event{
		Type: typeWatchlistAlert, Source: sourceFace, CameraID: camera,
		Data: watchlistAlert{faceMatched: match, Threshold: threshold},
	})
}

// scanDocument plans a scan, which has no camera.
func (s *Site) scanDocument(at time.Duration) {
	doc := pick(s, documents)
	scan := documentScanned{
		DocumentID:   fmt.Sprintf("doc-%08x", s.rng.Uint32()),
		DocumentType: doc.kind,
		Country:      doc.country,
		Confidence:   s.score(0.88, 0.99),
	}
	if doc.mrz {
		valid := s.chance(0.94)
		scan.MRZValid = &valid
	}
	s.plan(at, Event{Type: typeDocumentScanned, Source: sourceDocument, Data: scan})
}

// proveLiveness plans a liveness session, and mostly a second one if the first fails. It returns when the
// last session ends, and whether it is passed.
func (s *Site) proveLiveness(at time.Duration, camera string) (end time.Duration, passed bool) {
	end = at + s.between(8*time.Second, 18*time.Second)
	if passed = s.chance(0.7); !passed {
		s.failLiveness(end, camera)
		if !s.chance(0.7) {
			return end, false
		}
		end += s.between(8*time.Second, 18*time.Second)
		if passed = s.chance(0.8); !passed {
			s.failLiveness(end, camera)
			return end, false
		}
	}
	asked := make([]string, 0, 3)
	for _, i := range s.rng.Perm(len(challenges))[:2+s.rng.IntN(2)] {
		asked = append(asked, challenges[i])
	}
	s.plan(end, Event{
		Type: typeLivenessPassed, Source: sourceLiveness, CameraID: camera,
		Data: livenessPassed{SessionID: s.newSession(), Score: s.score(0.82, 0.99), Challenges: asked},
	})
	return end, true
}

func (s *Site) failLiveness(at time.Duration, camera string) {
	s.plan(at, Event{
		Type: typeLivenessFailed, Source: sourceLiveness, CameraID: camera,
		Data: livenessFailed{SessionID: s.newSession(), Score: s.score(0.08, 0.58), Reason: pick(s, livenessReasons)},
	})
}

func (s *Site) newSession() string { return fmt.Sprintf("liv-%08x", s.rng.Uint32()) }
