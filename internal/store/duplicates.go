package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/event"
	"postern/internal/problem"
	"postern/internal/store/database"
	"postern/internal/store/eventlog"
	"postern/internal/store/eventrow"
)

// claims are the ids that the events of one commit have in the log, and the ids
// that their producers gave them.
type claims struct {
	ids  map[string]*event.Event
	sent map[claim]*event.Event
}

// claim is an id and its producer: each producer has ids of its own.
type claim struct {
	producer int64
	id       string
}

// checkIDs looks up the ids of some batches in the log and in the batches before. An
// event that its producer has sent before is a duplicate; with other content it
// refuses its batch. An event whose id another producer has taken gets a new id, so
// that no producer blocks another one's events or learns its ids from the answer.
//
// From then on, the producer's batches are checked before they are inserted. That
// saves its commits a second insertion, and takes the same time whether an id is
// taken or not.
func (a *appender) checkIDs(ctx context.Context, tx *database.Tx, batches []*event.Batch, these func(*event.Batch) bool) error {
	ctx = context.WithoutCancel(ctx)
	c := claims{make(map[string]*event.Event), make(map[claim]*event.Event)}
	for _, b := range batches {
		b.Duplicates, b.Echoes, b.Err = 0, 0, nil
		for _, e := range b.Events {
			e.Seq = 0
			e.UndoRename()
		}
		if !these(b) {
			continue
		}
		if err := a.checkBatch(ctx, tx, b, c); err != nil {
			return fmt.Errorf("look up ids: %w", err)
		}
	}
	return nil
}

func (a *appender) checkBatch(ctx context.Context, tx *database.Tx, b *event.Batch, c claims) error {
	producer := a.producers[b.Producer]
	var taken TakenError
	var mine []*event.Event
	for i, e := range b.Events {
		known, other, err := lookUp(ctx, tx, claim{producer, e.ID}, c)
		if err != nil {
			return err
		}
		if known == nil && e.Site != "" {
			echo, err := isEcho(ctx, tx, e, other)
			if err != nil {
				return err
			}
			if echo {
				e.Seq = duplicate
				b.Echoes++
				continue
			}
		}
		switch {
		case known != nil && known.SameContent(e):
			e.Seq = duplicate
			b.Duplicates++
			continue
		case known != nil:
			taken.add(i, e.ID)
			continue
		case other != nil:
			e.Rename(event.NewID())
			a.colliding[producer] = true
		}
		c.ids[e.ID], c.sent[claim{producer, e.SentID()}] = e, e
		mine = append(mine, e)
	}
	if len(taken.Events) == 0 {
		return nil
	}
	// The next batches may use the ids of a refused batch.
	for _, e := range mine {
		delete(c.ids, e.ID)
		delete(c.sent, claim{producer, e.SentID()})
		e.UndoRename()
	}
	b.Duplicates, b.Echoes, b.Err = 0, 0, &taken
	return nil
}

// Queries for an event and its producer by id.
const (
	byIDSQL     = "SELECT " + eventrow.Columns + ", producer FROM events WHERE id = ?"
	bySentIDSQL = "SELECT " + eventrow.Columns + ", producer FROM events WHERE producer = ? AND producer_id = ? AND renamed"
)

// lookUp returns the event that the producer has sent with the id or, without
// one, the event of another producer that has it.
func lookUp(ctx context.Context, tx *database.Tx, want claim, c claims) (known, other *event.Event, err error) {
	if known = c.sent[want]; known != nil {
		return known, nil, nil
	}
	var owner int64
	other, err = absent(eventrow.ScanAsIs(owned{tx.QueryRowPrepared(ctx, byIDSQL, eventrow.IDValue(want.id)), &owner}))
	if err != nil {
		return nil, nil, err
	}
	if other != nil && owner == want.producer {
		return other, nil, nil
	}
	if known, err = absent(eventrow.ScanAsIs(owned{tx.QueryRowPrepared(ctx, bySentIDSQL, want.producer, eventrow.IDValue(want.id)),
		&owner})); known != nil || err != nil {
		return known, nil, err
	}
	if other == nil {
		other = c.ids[want.id]
	}
	return nil, other, nil
}

// isEcho reports whether an event that another Postern forwards is in the log
// already: it has come back to its origin, or has come by two ways. Without this,
// two Posterns that forward to each other would do so forever. other is the event
// that has its id.
func isEcho(ctx context.Context, tx *database.Tx, e, other *event.Event) (bool, error) {
	if other != nil && other.SameContent(e) {
		return true, nil
	}
	if e.ProducerID == "" {
		return false, nil
	}
	// The other Postern has given it another id than this one, its first.
	var owner int64
	first, err := absent(eventrow.ScanAsIs(owned{tx.QueryRowPrepared(ctx, byIDSQL, eventrow.IDValue(e.ProducerID)), &owner}))
	return first != nil && first.Site == "" && first.SameContent(e), err
}

// findOpener returns the event with an id of the site that an announcement is from:
// no site ends a state that another site has announced. It is nil if there is none.
func findOpener(ctx context.Context, tx *database.Tx, id, site string) (*event.Event, error) {
	var owner int64
	opener, err := absent(eventrow.ScanAsIs(owned{tx.QueryRowPrepared(ctx, byIDSQL, eventrow.IDValue(id)), &owner}))
	if err != nil || opener != nil && opener.Site == site {
		return opener, err
	}
	return absent(eventrow.ScanAsIs(tx.QueryRowContext(ctx,
		"SELECT "+eventrow.Columns+eventlog.ByProducerID+"AND coalesce(site, '') = ? ORDER BY seq DESC LIMIT 1", eventrow.IDValue(id), site)))
}

// owned is a row of eventrow.Columns and the event's producer.
type owned struct {
	row      database.Row
	producer *int64
}

// Scan reads the row.
func (o owned) Scan(to ...any) error { return o.row.Scan(append(to, o.producer)...) }

// absent returns nil in place of the error of a row that doesn't exist.
func absent(e *event.Event, err error) (*event.Event, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return e, err
}

// maxTaken is how many events a TakenError names.
const maxTaken = 100

// TakenError lists the events of a batch with ids that their producer gave to
// events of other content. It wraps event.ErrConflict.
type TakenError struct {
	Events []TakenID
	More   int // events that it doesn't name
}

// TakenID is an event of a batch, by its index, and its id.
type TakenID struct {
	Index int
	ID    string
}

func (e *TakenError) add(index int, id string) {
	if len(e.Events) == maxTaken {
		e.More++
		return
	}
	e.Events = append(e.Events, TakenID{index, id})
}

// Error names the first id that is taken.
func (e *TakenError) Error() string {
	text := fmt.Sprintf("event [%d]: the id %q is taken by an event with other content", e.Events[0].Index, e.Events[0].ID)
	if n := len(e.Events) + e.More - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	return text
}

// Unwrap returns the problem for the client, whose cause is event.ErrConflict.
func (e *TakenError) Unwrap() error {
	more := ""
	if n := len(e.Events) + e.More - 1; n > 0 {
		more = fmt.Sprintf(" So are the ids of %d more.", n)
	}
	p := problem.New(problem.Conflict, "The id %q (event [%d]) is taken by an event with other content.%s Nothing of the request was "+
		"accepted. Choose another id, or leave it out and Postern makes one.",
		e.Events[0].ID, e.Events[0].Index, more)
	for i := range e.Events {
		taken := &e.Events[i]
		p.Fields = append(p.Fields, problem.Field{Index: &taken.Index, Field: "id",
			Message: fmt.Sprintf("The id %q is taken by an event with other content.", taken.ID)})
	}
	p.Cause = event.ErrConflict
	return p
}
