package eventlog

import (
	"context"
	"fmt"

	"postern/internal/event"
	"postern/internal/store/segment"
)

// searchSpan is the cost of one page of a search that no database index
// answers, in events whose time and type are compared. A page that reaches it
// ends early and has a Next.
const searchSpan = 20_000

// Costs of a search's other steps, in the same measure.
const (
	blockCost     = 400 // reading a block of the search index
	fetchCost     = 40  // fetching a candidate that doesn't match
	textCost      = 8   // comparing a text with one event
	timeRangeCost = segment.Events / 2
)

// search is one page of a search under way.
type search struct {
	log    *Log
	query  event.Query // its text is folded
	filter *segment.CompiledFilter

	left int64 // the cost that the page may still have
	page event.Page
}

// seqRange is a range of the log to search, and its cost. It is empty if from is above to:
// then it says where the search continues.
type seqRange struct{ from, to, cost int64 }

// Search returns a page of history. Database indexes answer a filter by type
// and camera, whatever the store's size. For other conditions the search skips
// segments that can't match, and fetches the candidates that the search index
// gives of the others.
func (l *Log) Search(ctx context.Context, q event.Query) (event.Page, error) {
	filter, err := l.Index.Compile(ctx, q.Filter)
	if err != nil {
		return event.Page{}, fmt.Errorf("search events: %w", err)
	}
	if q.Text != "" && filter.FoldedText() == "" {
		return event.Page{}, nil // combining marks only, which no event matches
	}
	from, to := l.searchBounds(&q)
	q.Text = filter.FoldedText() // folded once, not for each event
	run := search{log: l, query: q, filter: filter, left: l.SearchSpan}
	if err := run.run(ctx, from, to); err != nil {
		return event.Page{}, fmt.Errorf("search events: %w", err)
	}
	return run.page, nil
}

// searchBounds returns the first and last sequence number that a query asks
// for.
func (l *Log) searchBounds(q *event.Query) (from, to int64) {
	from, to = q.Cursor+1, l.Head()
	if !q.Ascending {
		from = 1
		if q.Cursor > 0 {
			to = min(to, q.Cursor-1)
		}
	}
	return max(from, l.First()), to
}

// run searches the log from one number to another, and sets the page's Next.
func (r *search) run(ctx context.Context, from, to int64) error {
	for from <= to {
		next := r.nextRange(from, to)
		if next.from <= next.to {
			full, err := r.searchRange(ctx, &next)
			if err != nil {
				return err
			}
			if full {
				r.page.Next = r.page.Last()
				return nil
			}
			r.left -= next.cost
		}
		if r.query.Ascending {
			from = next.to + 1
		} else {
			to = next.from - 1
		}
		if r.left <= 0 && from <= to {
			// The next page begins beside the last event that was looked at.
			if r.page.Next = to + 1; r.query.Ascending {
				r.page.Next = from - 1
			}
			return nil
		}
	}
	return nil
}

// nextRange returns the next range to search: neighbouring segments that may
// match, up to the cost that is left, or one segment whose candidates are
// fetched.
func (r *search) nextRange(from, to int64) seqRange {
	filter := &r.query.Filter
	if databaseIndexed(filter) && !filter.RestrictsTimes() {
		return seqRange{from, to, 0}
	}
	var out seqRange
	found := false
	for from <= to {
		n := segment.Of(from)
		if !r.query.Ascending {
			n = segment.Of(to)
		}
		low, high := max(from, segment.First(n)), min(to, segment.Last(n))
		verdict := r.log.Index.Prune(n, r.filter)
		switch {
		case verdict == segment.Skip:
			if found {
				return out
			}
		case usesCandidates(filter):
			return seqRange{low, high, 0}
		default:
			var cost int64
			if verdict == segment.Scan && filter.RestrictsTimes() || !databaseIndexed(filter) {
				cost = min(high-low+1, r.left-out.cost)
				if r.query.Ascending {
					high = low + cost - 1
				} else {
					low = high - cost + 1
				}
			}
			if !found {
				out, found = seqRange{low, high, 0}, true
			}
			out.from, out.to, out.cost = min(out.from, low), max(out.to, high), out.cost+cost
			if out.cost == r.left {
				return out
			}
		}
		if r.query.Ascending {
			from = high + 1
		} else {
			to = low - 1
		}
	}
	if !found {
		return seqRange{from: from, to: from - 1} // nothing is left
	}
	return out
}

// searchRange adds the matching events of a range to the page, and reports
// whether there are more than the page may have.
func (r *search) searchRange(ctx context.Context, in *seqRange) (full bool, err error) {
	if usesCandidates(&r.query.Filter) {
		return r.searchCandidates(ctx, in)
	}
	return r.scanRange(ctx, in.from, in.to)
}
