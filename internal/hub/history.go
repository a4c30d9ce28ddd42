package hub

import (
	"context"
	"fmt"

	"postern/internal/event"
)

// Search returns a page of history: from the ring as far back as that reaches,
// then from the log. Searches by text use the log alone, which has an index.
func (h *Hub) Search(ctx context.Context, q event.Query) (event.Page, error) {
	q.Limit = min(max(q.Limit, 1), event.MaxPageEvents)
	if q.Ascending {
		return h.searchForward(ctx, q)
	}
	if q.Text != "" {
		if head := h.Head(); q.Cursor == 0 || q.Cursor > head {
			q.Cursor = head + 1 // no event that subscribers don't know yet
		}
		page, err := h.log.Search(ctx, q)
		if err != nil {
			return event.Page{}, fmt.Errorf("search the log: %w", err)
		}
		return page, nil
	}
	var page event.Page
	seq := h.Head()
	if q.Cursor > 0 {
		seq = min(seq, q.Cursor-1)
	}
	for first := h.firstInRing(); seq >= first; seq-- {
		e := h.ring.get(seq)
		if e == nil {
			break // a ring miss: the log has the event
		}
		if e.IsRemoved() || !q.Match(e) {
			continue
		}
		if page.Full(q.Limit, h.pages) {
			page.Next = page.Last()
			return page, nil
		}
		page.Add(e)
	}
	if seq < h.log.First() {
		return page, nil
	}
	// Asking the log for one event more shows whether there is a next page.
	want := q.Limit - len(page.Events)
	if page.Full(q.Limit, h.pages) {
		want = 0
	}
	q.Cursor = seq + 1
	if want == 0 {
		q.Limit = 1
	} else {
		q.Limit = want
	}
	older, err := h.log.Search(ctx, q)
	if err != nil {
		return event.Page{}, fmt.Errorf("search the log: %w", err)
	}
	page.Damaged = older.Damaged
	if want == 0 {
		page.Damaged = nil // they belong to the next page
		if len(older.Events) > 0 || older.Next != 0 {
			page.Next = seq + 1
		}
		return page, nil
	}
	page.Events = append(page.Events, older.Events...)
	page.Next = older.Next
	return page, nil
}

// searchForward returns a page of history, oldest event first.
func (h *Hub) searchForward(ctx context.Context, q event.Query) (event.Page, error) {
	if q.Text == "" && q.Cursor+1 >= h.firstInRing() {
		if page, ok := h.ringForward(q); ok {
			return page, nil
		}
	}
	page, err := h.log.Search(ctx, q)
	if err != nil {
		return event.Page{}, fmt.Errorf("search the log: %w", err)
	}
	return page, nil
}

// ringForward returns a page from the ring. It reports false after a ring miss:
// then the log has to be read.
func (h *Hub) ringForward(q event.Query) (page event.Page, ok bool) {
	head := h.Head()
	for seq := q.Cursor + 1; seq <= head; seq++ {
		e := h.ring.get(seq)
		if e == nil {
			return event.Page{}, false
		}
		if e.IsRemoved() || !q.Match(e) {
			continue
		}
		if page.Full(q.Limit, h.pages) {
			page.Next = page.Last()
			break
		}
		page.Add(e)
	}
	return page, true
}

// Find returns the event with an id among the visible cameras: the one that has
// the id, else the newest one to which its producer gave the id. Without one it
// returns event.ErrNotFound.
func (h *Hub) Find(ctx context.Context, id string, visible func(camera string) bool) (*event.Event, error) {
	e, err := h.log.Find(ctx, id, visible)
	if err != nil {
		return nil, fmt.Errorf("find event: %w", err)
	}
	return e, nil
}

// At returns the event with the sequence number, or event.ErrNotFound.
func (h *Hub) At(ctx context.Context, seq int64) (*event.Event, error) {
	if seq < h.log.First() || seq > h.Head() {
		return nil, event.ErrNotFound
	}
	if e := h.ring.get(seq); e != nil {
		if e.IsRemoved() {
			return nil, event.ErrNotFound
		}
		return e, nil
	}
	events, _, err := h.log.Read(ctx, seq-1, 0, 1)
	if err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, err)
	}
	if len(events) == 0 || events[0].Seq != seq {
		return nil, event.ErrNotFound
	}
	return events[0], nil
}

// Scan calls visit for the events after a sequence number that are of the types
// (an empty set means all), oldest first. It checks up to most sequence numbers,
// visits about Options.ReadBytes of events, and returns the last number that it
// checked.
func (h *Hub) Scan(ctx context.Context, after int64, types event.TypeSet, most int, visit func(*event.Event)) (through int64, err error) {
	end, left := min(h.Head(), after+int64(most)), h.reads
	for after < end && left > 0 {
		if e := h.ring.get(after + 1); e != nil {
			if after++; !e.IsRemoved() && (types == 0 || types.Has(e.Type)) {
				visit(e)
				left -= e.Size()
			}
			continue
		}
		events, through, err := h.log.Read(ctx, after, types, int(end-after))
		if err != nil {
			return after, fmt.Errorf("read the log after %d: %w", after, err)
		}
		for _, e := range events {
			if e.Seq <= end {
				visit(e)
				left -= e.Size()
			}
		}
		after = min(max(through, after+1), end) // the log may have lost these events
	}
	return after, nil
}
