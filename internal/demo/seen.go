package demo

// seen remembers a limited number of ids and forgets the oldest first.
type seen struct {
	limit  int
	ids    map[string]struct{}
	order  []string // a ring once it is full
	oldest int
}

func newSeen(limit int) *seen {
	return &seen{limit: limit, ids: make(map[string]struct{})}
}

// add reports whether the id is new, and remembers it if it is.
func (s *seen) add(id string) bool {
	if _, known := s.ids[id]; known {
		return false
	}
	s.ids[id] = struct{}{}
	if len(s.order) < s.limit {
		s.order = append(s.order, id)
		return true
	}
	delete(s.ids, s.order[s.oldest])
	s.order[s.oldest] = id
	s.oldest = (s.oldest + 1) % s.limit
	return true
}
