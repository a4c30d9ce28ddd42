package eventlog

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/eventrow"
	"postern/internal/store/segment"
)

// usesCandidates reports whether the search index gives candidates for a
// filter.
func usesCandidates(f *event.Filter) bool {
	return f.Text != "" || len(f.Sources) > 0 || len(f.Cameras) > maxCameraWalks
}

// candidatesPerRead is how many candidates one read fetches: they may be large.
const candidatesPerRead = 128

// fetchForTime is how many candidates are fetched where many may be outside of
// the query's times. For more, the times of the whole segment are compared
// first.
const fetchForTime = timeRangeCost / fetchCost

// searchCandidates searches a range of one segment by its candidates. It ends at
// the cost that is left; in tells how far it has come, and at what cost.
func (r *search) searchCandidates(ctx context.Context, in *seqRange) (full bool, err error) {
	candidates, err := r.log.Index.Candidates(ctx, segment.Of(in.from), r.filter)
	if err != nil {
		return false, err
	}
	in.cost = candidates.Blocks * blockCost
	if !candidates.Indexed {
		return r.scanText(ctx, in)
	}
	seqs := candidates.Events.Between(in.from, in.to)
	if len(seqs) > fetchForTime && r.query.RestrictsTimes() {
		if seqs, err = r.withinTimes(ctx, in, &candidates.Events); err != nil {
			return false, err
		}
		in.cost += timeRangeCost
	}
	if !r.query.Ascending {
		slices.Reverse(seqs)
	}
	return r.fetchCandidates(ctx, in, seqs)
}

// scanText searches a range without an index, as far as the cost that is left.
func (r *search) scanText(ctx context.Context, in *seqRange) (full bool, err error) {
	events := max(r.left/textCost, 1)
	if r.query.Ascending {
		in.to = min(in.to, in.from+events-1)
	} else {
		in.from = max(in.from, in.to-events+1)
	}
	in.cost += (in.to - in.from + 1) * textCost
	return r.scanRange(ctx, in.from, in.to)
}

// fetchCandidates fetches the events of seqs, which are in the query's order,
// and adds those that match to the page.
func (r *search) fetchCandidates(ctx context.Context, in *seqRange, seqs []int64) (full bool, err error) {
	for len(seqs) > 0 {
		// One event beyond the page's limit tells whether the page has a next.
		batch := seqs[:min(len(seqs), r.query.Limit+1-len(r.page.Events), candidatesPerRead)]
		events, damaged, read, err := r.log.ReadEach(ctx, batch, r.query.Ascending)
		if err != nil {
			return false, err
		}
		batch, seqs = batch[:read], seqs[read:]
		r.page.Damaged = append(r.page.Damaged, damaged...)
		matched := 0
		for _, e := range events {
			if !r.query.Match(e) {
				continue
			}
			if r.page.Full(r.query.Limit, r.log.opts.PageBytes) {
				return true, nil
			}
			r.page.Add(e)
			matched++
		}
		if in.cost += int64(len(batch)-matched) * fetchCost; in.cost >= r.left && len(seqs) > 0 {
			if last := batch[len(batch)-1]; r.query.Ascending {
				in.to = last
			} else {
				in.from = last
			}
			break
		}
	}
	return false, nil
}

// withinTimes returns the candidates of a range that are within the query's
// times, in the log's order.
func (r *search) withinTimes(ctx context.Context, in *seqRange, candidates *segment.EventSet) ([]int64, error) {
	since, until := r.query.TimesMicro()
	rows, err := r.log.reader.QueryContext(ctx, "SELECT seq FROM events WHERE seq BETWEEN ? AND ? AND at >= ? AND at < ?",
		in.from, in.to, since, until)
	if err != nil {
		return nil, err
	}
	seqs, err := database.Collect(rows, database.ScanNumber)
	return slices.DeleteFunc(seqs, func(seq int64) bool { return !candidates.Has(segment.Position(seq)) }), err
}

// ReadEach reads events by their sequence numbers, which are in the log's order
// or in its reverse, up to a page of bytes. It leaves out removed events, and
// returns the numbers of damaged ones. read is how many of the numbers it has
// come through.
func (l *Log) ReadEach(ctx context.Context, seqs []int64, ascending bool) (events []*event.Event, damaged []int64, read int, err error) {
	rows, err := l.rowsOf(ctx, seqs, ascending)
	if err != nil {
		return nil, nil, 0, err
	}
	events, met, cut, err := l.CollectWhole(rows, l.opts.PageBytes)
	if read = len(seqs); cut {
		read = slices.Index(seqs, met[len(met)-1]) + 1
	}
	return events, Unread(met, events), read, err
}

// rowsOf asks for events by their sequence numbers, in the log's order or in its
// reverse.
func (l *Log) rowsOf(ctx context.Context, seqs []int64, ascending bool) (*sql.Rows, error) {
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
	query := "SELECT " + eventrow.Columns + " FROM events WHERE seq IN (SELECT value FROM json_each(?))" + order
	return l.reader.QueryContext(ctx, query, string(append(list, ']')))
}
