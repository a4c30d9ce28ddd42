package segment

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"postern/internal/event"
	"postern/internal/store/database"
)

// redactSegments is the number of segments that one commit redacts at most: the
// writer waits for as long.
const redactSegments = 8

// RedactionStep returns the events that one commit may redact: the first ones
// of events, which are in the log's order.
func RedactionStep(events []*event.Event) []*event.Event {
	segments, last := 0, int64(-1)
	for i, e := range events {
		if n := Of(e.Seq); n != last {
			if segments++; segments > redactSegments {
				return events[:i]
			}
			last = n
		}
	}
	return events
}

// Redact removes events' texts from the index, and with names set also their
// names, for events that are removed as a whole. The n-gram filters keep their
// bits, which tell no text. It saves full segments first. The caller calls
// committed after the commit, while it still holds the writer.
func (x *Index) Redact(
	ctx context.Context, tx *database.Tx, events []*event.Event, names bool, firstKept int64,
) (committed func(), err error) {
	saved, err := x.Save(ctx, tx, firstKept)
	if err != nil {
		return nil, err
	}
	redacted := make(map[int64]*EventSet)
	for _, e := range events {
		n := Of(e.Seq)
		if redacted[n] == nil {
			redacted[n] = new(EventSet)
		}
		redacted[n].add(Position(e.Seq))
	}
	for n, set := range redacted {
		if err := redactBlock(ctx, tx, n, textsBlock, set); err != nil {
			return nil, err
		}
		if names {
			if err := redactBlock(ctx, tx, n, namesBlock, set); err != nil {
				return nil, err
			}
		}
	}
	return func() {
		x.redactions.Add(1)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.unsaved = x.unsaved[saved:]
		if x.head == nil || redacted[x.head.N] == nil {
			return
		}
		x.builder.texts.remove(redacted[x.head.N])
		if names {
			x.builder.names.remove(redacted[x.head.N])
		}
	}, nil
}

// Redactions counts the commits that redacted events. Blocks that are rebuilt
// from events read before one may not be written after it.
func (x *Index) Redactions() int64 { return x.redactions.Load() }

// redactBlock removes events from a block's dictionary. The blocks of a segment
// with an unreadable one are deleted, and rebuilt at the next start.
func redactBlock(ctx context.Context, tx *database.Tx, n int64, kind int, removed *EventSet) error {
	row := blockRow(n, kind)
	var content []byte
	var sum sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT content, sum FROM indexes WHERE n = ?", row).Scan(&content, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	head, dictionary, err := openBlock(kind, content)
	if errors.Is(err, errNoBlock) {
		return nil
	}
	if sum.Valid && sum.Int64 != blockChecksum(row, content) {
		err = errDamaged
	}
	var left []byte
	if err == nil {
		left, err = dictionary.without(removed, len(content)-len(head))
	}
	if err != nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM indexes WHERE n >= ? AND n < ?", blockRow(n, 0), blockRow(n+1, 0))
		return err
	}
	content = append(slices.Clip(head), left...)
	_, err = tx.ExecContext(ctx, "UPDATE indexes SET content = ?, sum = ? WHERE n = ?", content, blockChecksum(row, content), row)
	return err
}

// OverwriteBlocks overwrites the blocks of segment n, whose first events are
// removed in the same transaction.
func OverwriteBlocks(ctx context.Context, tx *database.Tx, n int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE indexes SET content = zeroblob(length(content)), sum = NULL
		WHERE n >= ? AND n < ? AND content <> zeroblob(length(content))`, blockRow(n, 0), blockRow(n+1, 0))
	return err
}
