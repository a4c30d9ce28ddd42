package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// PathStatus has the counts of a Receiver's path since it was added. A verified delivery is accepted, a
// duplicate, or not answered with 200 because the path fails or hangs.
type PathStatus struct {
	Path       string          `json:"path"`
	Received   int             `json:"received"`
	Verified   int             `json:"verified"`
	Accepted   int             `json:"accepted"`   // different events
	Duplicates int             `json:"duplicates"` // deliveries of one of the last 10,000 events
	Refused    int             `json:"refused"`    // wrongly signed, too large, or no event
	LastEvent  *LastEvent      `json:"last_event"` // null before the first
	Behaviour  BehaviourStatus `json:"behaviour"`
}

// LastEvent is the last verified event of a path, without personal data.
type LastEvent struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	ReceivedAt time.Time `json:"received_at"`
}

// BehaviourStatus is how a path answers now.
type BehaviourStatus struct {
	Mode  string     `json:"mode"`            // ok, slow, fail or hang
	Delay string     `json:"delay,omitempty"` // such as 2s; slow only
	Until *time.Time `json:"until,omitempty"` // nil for no end
}

// Status returns the status of each path, in the order in which they were added.
func (r *Receiver) Status(now time.Time) []PathStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]PathStatus, 0, len(r.order))
	for _, path := range r.order {
		all = append(all, r.paths[path].statusAt(now))
	}
	return all
}

func (in *inbox) statusAt(now time.Time) PathStatus {
	status := in.status
	b := in.behaviour.at(now)
	status.Behaviour.Mode = b.mode
	if b.delay > 0 {
		status.Behaviour.Delay = b.delay.String()
	}
	if !b.until.IsZero() {
		until := b.until.UTC()
		status.Behaviour.Until = &until
	}
	return status
}

func (r *Receiver) showStatus(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, r.Status(time.Now()))
}

// behave sets the behaviour of a path, and answers with its status.
func (r *Receiver) behave(w http.ResponseWriter, req *http.Request) {
	query, now := req.URL.Query(), time.Now()
	b, err := parseBehaviour(query, now)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status, known := r.setBehaviour(query.Get("path"), b, now)
	if !known {
		http.Error(w, fmt.Sprintf("no webhook has the path %q; GET / lists them", query.Get("path")), http.StatusNotFound)
		return
	}
	writeJSON(w, status)
}

func (r *Receiver) setBehaviour(path string, b behaviour, now time.Time) (PathStatus, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := r.paths[path]
	if in == nil {
		return PathStatus{}, false
	}
	in.behaviour = b
	return in.statusAt(now), true
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(value) // the client has gone
}
