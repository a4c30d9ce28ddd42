// Package cameras stores the operators' settings of cameras, and the cameras in
// trouble with their announcements.
//
// It promises that a change is on disk when its method returns. It refuses to know
// when a camera is in trouble: internal/cameras judges that, and counters tell when
// a camera was last seen.
package cameras

import "postern/internal/store/database"

// Store is the cameras' tables. Its methods are safe for concurrent use.
type Store struct{ db *database.DB }

// New returns the cameras' tables of a database.
func New(db *database.DB) *Store { return &Store{db} }
