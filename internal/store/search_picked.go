package store

import (
	"context"
	"database/sql"
	"math/bits"
	"slices"
	"strconv"

	"postern/internal/event"
)

// picked reports whether indexes of stretches say which events may match.
func picked(f *event.Filter) bool {
	return f.Text != "" || len(f.Sources) > 0 || len(f.Cameras) > maxCameraWalks
}

// pickedEvents limits the events that one read fetches by sequence number: they
// may be large.
const pickedEvents = 128

// timesAlone is how many events are read for their time alone; for more,
// the times of all of the stretch are looked at.
const timesAlone = timeCost / readCost

// searchPicked is searchPart for a part within one stretch, by its index. It
// goes as far as a cost of left, and leaves in p how far it has come, and what
// that has cost.
func (j *Store) searchPicked(ctx context.Context, q *event.Query, s *sought, p *part, left int64, page *event.Page) (full bool, err error) {
	found, parts, indexed, err := j.pick(ctx, s, stretchOf(p.from))
	if err != nil {
		return false, err
	}
	p.cost = parts * partCost
	if !indexed {
		rows := max(left/textCost, 1)
		if q.Ascending {
			p.to = min(p.to, p.from+rows-1)
		} else {
			p.from = max(p.from, p.to-rows+1)
		}
		p.cost += (p.to - p.from + 1) * textCost
		return j.searchPart(ctx, q, p.from, p.to, page)
	}
	seqs := found.between(p.from, p.to)
	if len(seqs) > timesAlone && timesOut(&q.Filter) {
		if seqs, err = j.inTime(ctx, q, p, &found); err != nil {
			return false, err
		}
		p.cost += timeCost
	}
	if !q.Ascending {
		slices.Reverse(seqs)
	}
	for len(seqs) > 0 {
		// One more than is missing tells whether the page has a next.
		some := seqs[:min(len(seqs), q.Limit+1-len(page.Events), pickedEvents)]
		events, damaged, read, err := j.readEach(ctx, some, q.Ascending)
		if err != nil {
			return false, err
		}
		some, seqs = some[:read], seqs[read:]
		page.Damaged = append(page.Damaged, damaged...)
		matched := 0
		for _, e := range events {
			if !q.Match(e) {
				continue
			}
			if page.Full(q.Limit, j.opts.PageBytes) {
				return true, nil
			}
			page.Add(e)
			matched++
		}
		if p.cost += int64(len(some)-matched) * readCost; p.cost >= left && len(seqs) > 0 {
			if last := some[len(some)-1]; q.Ascending {
				p.to = last
			} else {
				p.from = last
			}
			break
		}
	}
	return false, nil
}

// inTime returns those of a stretch's events that were found and are within
// the query's times, in the log's order.
func (s *Store) inTime(ctx context.Context, q *event.Query, p *part, found *eventSet) ([]int64, error) {
	since, until := bounds(&q.Filter)
	rows, err := s.reader.QueryContext(ctx, "SELECT seq FROM events WHERE seq BETWEEN ? AND ? AND at >= ? AND at < ?", p.from, p.to, since, until)
	if err != nil {
		return nil, err
	}
	in, err := collect(rows, scanNumber)
	return slices.DeleteFunc(in, func(seq int64) bool { return !found.has(placeOf(seq)) }), err
}

// readEach reads events by their numbers, which are in the log's order or in its
// reverse, up to a page of bytes. Some may be gone, and some damaged. read is how
// many of the numbers it has come through.
func (s *Store) readEach(ctx context.Context, seqs []int64, ascending bool) (events []*event.Event, damaged []int64, read int, err error) {
	rows, err := s.rowsOf(ctx, seqs, ascending)
	if err != nil {
		return nil, nil, 0, err
	}
	events, met, cut, err := s.collectWhole(rows, s.opts.PageBytes)
	if read = len(seqs); cut {
		read = slices.Index(seqs, met[len(met)-1]) + 1
	}
	for i := 0; i < len(met); i++ {
		if k := i - len(damaged); k == len(events) || events[k].Seq != met[i] {
			damaged = append(damaged, met[i])
		}
	}
	return events, damaged, read, err
}

// rowsOf asks for events by their numbers, in the log's order or in its reverse.
func (s *Store) rowsOf(ctx context.Context, seqs []int64, ascending bool) (*sql.Rows, error) {
	order := " ORDER BY seq"
	if !ascending {
		order = " ORDER BY seq DESC"
	}
	list := []byte{'['}
	for i, seq := range seqs {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendInt(list, seq, 10)
	}
	return s.reader.QueryContext(ctx, "SELECT "+eventColumns+" FROM events WHERE seq IN (SELECT value FROM json_each(?))"+order, string(append(list, ']')))
}

func scanNumber(row interface{ Scan(...any) error }) (n int64, err error) { return n, row.Scan(&n) }

// between returns the numbers of a set's events from one number to another of
// the same stretch, in order.
func (s *eventSet) between(from, to int64) (seqs []int64) {
	base := stretchOf(from)*stretchEvents + 1
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if seq := base + int64(i*64+bits.TrailingZeros64(word)); seq >= from && seq <= to {
				seqs = append(seqs, seq)
			}
		}
	}
	return seqs
}
