package deliveries

import (
	"context"

	"postern/internal/delivery"
	"postern/internal/store/database"
)

// attemptSpan bounds how far apart the events of one row are, so that an
// event's attempts are found by where rows end.
const attemptSpan = 1024

// insertAttempts writes attempts. First attempts that succeeded quickly, which come
// in nearly the log's order, share a row for as long as they are near each other;
// every other one has its own.
func insertAttempts(ctx context.Context, tx *database.Tx, endpoint int64, attempts []delivery.Attempt) error {
	var plain []delivery.Attempt
	for i := range attempts {
		if attempts[i].Number == 1 && !hasTexts(&attempts[i]) {
			plain = append(plain, attempts[i])
			continue
		}
		one := attempts[i]
		if hasTexts(&one) {
			var err error
			if one, err = withoutErased(ctx, tx, one); err != nil {
				return err
			}
		}
		if err := insertAttemptRow(ctx, tx, endpoint, []delivery.Attempt{one}); err != nil {
			return err
		}
	}
	for _, row := range attemptRows(plain) {
		if err := insertAttemptRow(ctx, tx, endpoint, row); err != nil {
			return err
		}
	}
	return nil
}

// openRows is how many rows are looked at for room: a worker sends from a few
// places of the log at once, new events and replays.
const openRows = 8

// attemptRows parts attempts into rows, each in the order they ended.
func attemptRows(attempts []delivery.Attempt) [][]delivery.Attempt {
	if len(attempts) == 0 {
		return nil
	}
	if low, high := span(attempts); high-low < attemptSpan {
		return [][]delivery.Attempt{attempts} // nearly always
	}
	var rows [][]delivery.Attempt
	var lows, highs []int64 // of each row
next:
	for _, a := range attempts {
		for i := max(0, len(rows)-openRows); i < len(rows); i++ {
			if low, high := min(lows[i], a.Seq), max(highs[i], a.Seq); high-low < attemptSpan {
				rows[i], lows[i], highs[i] = append(rows[i], a), low, high
				continue next
			}
		}
		rows, lows, highs = append(rows, []delivery.Attempt{a}), append(lows, a.Seq), append(highs, a.Seq)
	}
	return rows
}

// span returns the lowest and the highest of the attempts' events.
func span(attempts []delivery.Attempt) (low, high int64) {
	low, high = attempts[0].Seq, attempts[0].Seq
	for i := range attempts {
		low, high = min(low, attempts[i].Seq), max(high, attempts[i].Seq)
	}
	return low, high
}

func insertAttemptRow(ctx context.Context, tx *database.Tx, endpoint int64, attempts []delivery.Attempt) error {
	at, texts := attempts[0].At.UnixMilli(), 0
	low, high := span(attempts)
	for _, a := range attempts {
		at = max(at, a.At.UnixMilli())
		if hasTexts(&a) {
			texts++
		}
	}
	_, err := tx.ExecPrepared(ctx, "INSERT INTO attempts (endpoint, at, seq_min, seq_max, texts, entries) VALUES (?, ?, ?, ?, ?, ?)",
		endpoint, at, low, high, texts, encodeAttempts(attempts, low, at))
	return err
}

// hasTexts reports whether an attempt has texts of its receiver, which an erasure
// overwrites.
func hasTexts(a *delivery.Attempt) bool { return a.Class != delivery.ClassNone || a.Timeline != nil }
