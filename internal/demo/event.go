package demo

import "time"

// The ten event types of the public API.
const (
	typeFaceDetected    = "face_detected"
	typeFaceMatched     = "face_matched"
	typeWatchlistAlert  = "watchlist_alert"
	typeLivenessPassed  = "liveness_passed"
	typeLivenessFailed  = "liveness_failed"
	typeDocumentScanned = "document_scanned"
	typePersonEntered   = "person_entered"
	typePersonExited    = "person_exited"
	typeLineCrossed     = "line_crossed"
	typeSystemError     = "system_error"
)

// The engine modules that events come from.
const (
	sourceFace     = "face_pipeline"
	sourceLiveness = "liveness_module"
	sourceDocument = "document_module"
	sourceTracker  = "person_tracker"
	sourceVideo    = "video_pipeline"
)

// timestampLayout is the API's form: UTC as +00:00, without a fraction of zero.
const timestampLayout = "2006-01-02T15:04:05.999999-07:00"

// Event is an event in the public API's form, ready for encoding/json.
type Event struct {
	ID        string `json:"id,omitempty"`        // empty: Postern makes one
	Type      string `json:"type"`                // one of the ten types
	Timestamp string `json:"timestamp,omitempty"` // ISO 8601 in UTC, microseconds at most
	Source    string `json:"source"`              // the module that made it
	Data      any    `json:"data"`                // a struct that encodes as the type's object
	CameraID  string `json:"camera_id,omitempty"` // empty for none
}

// Step is an event of a story, with its time.
type Step struct {
	At    time.Duration // since the story began, in whole milliseconds, never less than the step before
	Event Event         // without ID and Timestamp
}

type faceDetected struct {
	TrackID    string  `json:"track_id"`
	Confidence float64 `json:"confidence"`
	BBox       [4]int  `json:"bbox"` // x, y, width, height in pixels of a 1920 x 1080 frame
	Quality    float64 `json:"quality"`
}

type faceMatched struct {
	IdentityID string  `json:"identity_id"`
	Label      string  `json:"label"`
	Similarity float64 `json:"similarity"`
	Watchlist  string  `json:"watchlist"`
}

type watchlistAlert struct {
	faceMatched
	Threshold float64 `json:"threshold"`
}

type livenessPassed struct {
	SessionID  string   `json:"session_id"`
	Score      float64  `json:"score"`
	Challenges []string `json:"challenges"`
}

type livenessFailed struct {
	SessionID string  `json:"session_id"`
	Score     float64 `json:"score"`
	Reason    string  `json:"reason"`
}

type documentScanned struct {
	DocumentID   string  `json:"document_id"` // the scan's id, not a number that is printed on the document
	DocumentType string  `json:"document_type"`
	Country      string  `json:"country"`
	Confidence   float64 `json:"confidence"`
	MRZValid     *bool   `json:"mrz_valid"` // null if the document has no machine-readable zone
}

type personEntered struct {
	TrackID string `json:"track_id"`
	Zone    string `json:"zone"`
}

type personExited struct {
	TrackID      string  `json:"track_id"`
	Zone         string  `json:"zone"`
	DwellSeconds float64 `json:"dwell_seconds"`
}

type lineCrossed struct {
	TrackID   string `json:"track_id"`
	Line      string `json:"line"`
	Direction string `json:"direction"` // in or out
	CountIn   int    `json:"count_in"`  // since the story began, this crossing included
	CountOut  int    `json:"count_out"`
}

type systemError struct {
	Module  string `json:"module"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
