package segment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
	"postern/internal/store/database"
)

// BlocksTable is the table of the block rows, for a caller that scrubs the
// free space around removed rows.
const BlocksTable = "indexes"

// Row is a full segment as it goes into the file. The counters' blobs are
// opaque to the index (package counters has their format).
type Row struct {
	*Segment
	Hours, Minutes []byte

	blocks     [BlocksPerSegment][]byte
	ngramBytes int // the length of the filter in the file; 0 in a row of an older version
}

// segmentColumns are what scanRow reads.
const segmentColumns = "n, at_min, at_max, types, words, hours, minutes, sum"

// rowScanner is a *sql.Row or *sql.Rows.
type rowScanner interface{ Scan(...any) error }

// scanRow reads a row of segmentColumns, and reports whether it is as it was
// written. A row of an older version has neither a checksum nor a filter.
func scanRow(row rowScanner) (r Row, whole bool, err error) {
	r.Segment = new(Segment)
	var types int64
	var ngrams []byte
	var sum sql.NullInt64
	if err := row.Scan(&r.N, &r.oldest, &r.newest, &types, &ngrams, &r.Hours, &r.Minutes, &sum); err != nil {
		return r, false, err
	}
	r.types = event.TypeSet(types)
	if r.ngramBytes = len(ngrams); r.ngramBytes == len(NgramFilter{}) {
		r.ngrams = (*NgramFilter)(ngrams)
	}
	if !sum.Valid {
		return r, r.ngramBytes == 0, nil
	}
	return r, sum.Int64 == r.checksum(ngrams), nil
}

// checksum returns the checksum of the row with a filter.
func (r Row) checksum(ngrams []byte) int64 {
	return checksum([]int64{r.N, r.oldest, r.newest, int64(r.types)}, ngrams, r.Hours, r.Minutes)
}

func (r Row) put(ctx context.Context, tx *database.Tx) error {
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO stretches ("+segmentColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		r.N, r.oldest, r.newest, int64(r.types), r.ngrams[:], r.Hours, r.Minutes, r.checksum(r.ngrams[:]))
	return err
}

// putBlocks writes the block rows of a segment.
func (r Row) putBlocks(ctx context.Context, tx *database.Tx) error {
	for kind, content := range r.blocks {
		n := blockRow(r.N, kind)
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO indexes VALUES (?, ?, ?)", n, content, blockChecksum(n, content)); err != nil {
			return err
		}
	}
	return nil
}

// blockRow returns the number of the row that has a block of segment n.
func blockRow(n int64, kind int) int64 { return n*BlocksPerSegment + int64(kind) }

func blockChecksum(row int64, content []byte) int64 { return checksum([]int64{row}, content) }

// blockSQL reads a block row. The blocks of an older version have too few terms
// to search in: they are skipped until the segment has a filter again.
var blockSQL = fmt.Sprintf(`SELECT content, sum FROM indexes
	WHERE n = ?1 AND (SELECT length(words) FROM stretches WHERE n = ?1 / %d) > 0`, BlocksPerSegment)

// block returns a block of segment n. Its error is errNoBlock or errDamaged
// where the segment has to do without.
func (x *Index) block(ctx context.Context, n int64, kind int) (content []byte, err error) {
	if r, ok := x.unsavedRow(n); ok {
		return r.blocks[kind], nil
	}
	var sum sql.NullInt64 // an overwritten block has none
	err = x.readBlock.QueryRowContext(ctx, blockRow(n, kind)).Scan(&content, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoBlock
	}
	if err == nil && sum.Int64 != blockChecksum(blockRow(n, kind), content) && (sum.Valid || !overwritten(content)) {
		x.damaged(n)
		return nil, errDamaged
	}
	return content, err
}

// overwritten reports whether a block was overwritten with zeros.
func overwritten(content []byte) bool {
	return !slices.ContainsFunc(content, func(b byte) bool { return b != 0 })
}

// scanNumbers reads rows of one number, and closes them.
func scanNumbers(rows *sql.Rows) (numbers []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, rows.Err()
}
