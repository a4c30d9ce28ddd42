package account

import "time"

// Session is a browser's session: a person's who has signed in, or a wall
// screen's that was opened with a key.
type Session struct {
	N         int64 // the row's number, never used twice
	Hash      Hash  `json:"-"`
	Account   int64 // the account's number; zero for a wall screen
	Key       int64 // the key's number; zero for a person's
	CreatedAt time.Time
	SeenAt    time.Time // when it was used last
	Address   string
	Agent     string // the browser's name for itself, shortened

	Name      string    // of the account or key; the store leaves it empty
	ExpiresAt time.Time // unless it is used until then; the store leaves it zero
}

// Screen reports whether it is a wall screen's session.
func (s *Session) Screen() bool { return s.Key != 0 }
