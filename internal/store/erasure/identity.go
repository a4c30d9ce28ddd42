package erasure

import (
	"context"
	"fmt"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Identity is the data of one identity that the store has.
type Identity struct {
	// Events is how many events of the log are about it; Newest is the last one.
	Events int64
	Newest *event.Event
	// Attempts is how many failed and slow attempts at delivering these events are kept.
	// They may have texts of a receiver.
	Attempts int64
	// Pending is how many deliveries of these events wait for a retry, or are
	// exhausted.
	Pending int64
	// Erasing is when an erasure that is under way was accepted; zero for none.
	// Erased are the complete ones, oldest first.
	Erasing time.Time
	Erased  []Completed
}

// Identity returns the data of an identity that the store has. It searches the
// segments of the log that may have it.
func (e *Eraser) Identity(ctx context.Context, identity string) (Identity, error) {
	var known Identity
	if err := event.CheckIdentity(identity); err != nil {
		return known, err
	}
	fail := func(err error) (Identity, error) { return Identity{}, fmt.Errorf("look up an identity: %w", err) }
	err := e.log.EachAbout(ctx, identity, 1, e.log.Head(), func(about *event.Event) error {
		known.Events++
		known.Newest = about
		var attempts, pending int64
		err := e.db.Reader().QueryRowContext(ctx, `SELECT (SELECT count(*) FROM attempts WHERE seq_max = ?1 AND texts > 0),
			(SELECT count(*) FROM endpoints CROSS JOIN pending ON endpoint = endpoints.n WHERE seq = ?1)`, about.Seq).Scan(&attempts, &pending)
		known.Attempts, known.Pending = known.Attempts+attempts, known.Pending+pending
		return err
	})
	if err != nil {
		return fail(err)
	}
	under, err := e.underWay(ctx, maxErasing)
	if err != nil {
		return fail(err)
	}
	for _, one := range under {
		if one.identity == identity {
			known.Erasing = one.at
		}
	}
	rows, err := e.db.Reader().QueryContext(ctx, "SELECT at, events FROM erasures WHERE tag = ? ORDER BY n", e.secrets.Tag(identity))
	if err != nil {
		return fail(err)
	}
	known.Erased, err = database.Collect(rows, func(row database.Row) (c Completed, err error) {
		var at int64
		err = row.Scan(&at, &c.Events)
		c.At = event.FromMicro(at)
		return c, err
	})
	if err != nil {
		return fail(err)
	}
	return known, nil
}
