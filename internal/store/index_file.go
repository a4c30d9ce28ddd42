package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
)

// partKey is the number of the row that has a part of a stretch's index.
func partKey(n int64, part int) int64 { return n*indexParts + int64(part) }

// putIndex writes a stretch's index.
func (w *writer) putIndex(ctx context.Context, n int64, parts [indexParts][]byte) error {
	for part, content := range parts {
		if _, err := w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO indexes VALUES (?, ?, ?)", partKey(n, part), content, partSum(partKey(n, part), content)); err != nil {
			return err
		}
	}
	return nil
}

// partSum is the checksum of a part of an index.
func partSum(key int64, content []byte) int64 { return blockSum([]int64{key}, content) }

// partSQL reads a part of an index. One that an older version made is left
// alone until it is made again with its stretch's words: it says too little.
var partSQL = fmt.Sprintf("SELECT content, sum FROM indexes WHERE n = ?1 AND (SELECT length(words) FROM stretches WHERE n = ?1 / %d) > 0", indexParts)

var errNoIndex = errors.New("the stretch has no index")

// indexPart reads a part of a stretch's index; errNoIndex where there is none.
func (j *Store) indexPart(ctx context.Context, n int64, part int) (content []byte, err error) {
	if s, ok := j.stretches.unsavedAt(n); ok {
		return s.parts[part], nil
	}
	var sum sql.NullInt64 // one that was blanked has none
	err = j.partOf.QueryRowContext(ctx, partKey(n, part)).Scan(&content, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoIndex
	}
	if err == nil && sum.Int64 != partSum(partKey(n, part), content) && (sum.Valid || !blank(content)) {
		j.noteBlock(n)
		return nil, errIndex
	}
	return content, err
}

// splitSection returns a part's dictionary, and the bytes before it;
// errNoIndex where it was blanked.
func splitSection(content []byte, room int) (before []byte, s *section, err error) {
	if len(content) <= room {
		return nil, nil, errIndex
	}
	if content[room] == 0 {
		return nil, nil, errNoIndex
	}
	s, err = decodeSection(content[room:])
	return content[:room], s, err
}

// pick returns the events of a stretch that a search may find, and how many
// parts of an index it has read. indexed is false where nothing says which
// events these are.
func (j *Store) pick(ctx context.Context, s *sought, n int64) (found eventSet, parts int64, indexed bool, err error) {
	if found, indexed, err = j.stretches.pickOpen(s, n); indexed || err != nil {
		return found, 1, indexed, err
	}
	part := func(part int) ([]byte, error) {
		parts++
		return j.indexPart(ctx, n, part)
	}
	section := func(k, room int) (before []byte, s *section, err error) {
		content, err := part(k)
		if err != nil {
			return nil, nil, err
		}
		return splitSection(content, room)
	}
	types, names, err := section(namesPart, stretchEvents)
	if err == nil {
		found, err = known{types, names,
			func() (finder, error) { _, texts, err := section(textsPart, textsRoom); return texts, err },
			func() ([]byte, error) { return part(idsPart) }}.pick(s, n)
	}
	switch {
	case errors.Is(err, errNoIndex), errors.Is(err, errIndex):
		return found, parts, false, nil
	case err != nil:
		return found, parts, false, fmt.Errorf("read an index: %w", err)
	}
	return found, parts, true, nil
}

// pickOpen is pick for the stretch that the head is in.
func (s *stretches) pickOpen(f *sought, n int64) (found eventSet, indexed bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.open == nil || s.open.n != n {
		return found, false, nil
	}
	found, err = s.index.known().pick(f, n)
	return found, true, err
}

// forgetStretches is how many stretches' indexes one commit takes events out
// of: the writer waits for as long.
const forgetStretches = 8

// inFewStretches returns as many of the events, which are in the log's order,
// as one commit may take out of indexes.
func inFewStretches(events []*event.Event) []*event.Event {
	stretches, last := 0, int64(-1)
	for i, e := range events {
		if n := stretchOf(e.Seq); n != last {
			if stretches++; stretches > forgetStretches {
				return events[:i]
			}
			last = n
		}
	}
	return events
}

// forgetTexts takes events' texts out of the indexes, and their names too
// where nothing is left of the events. The caller is in a commit, and calls
// done once that is through, before it lets the writer go.
func (j *Store) forgetTexts(ctx context.Context, events []*event.Event, names bool) (done func(), err error) {
	saved, err := j.saveStretches(ctx)
	if err != nil {
		return nil, err
	}
	gone := make(map[int64]*eventSet)
	for _, e := range events {
		n := stretchOf(e.Seq)
		if gone[n] == nil {
			gone[n] = new(eventSet)
		}
		gone[n].add(placeOf(e.Seq))
	}
	for n, set := range gone {
		if err := j.write.forgetIn(ctx, partKey(n, textsPart), textsRoom, set); err != nil {
			return nil, err
		}
		if names {
			if err := j.write.forgetIn(ctx, partKey(n, namesPart), stretchEvents, set); err != nil {
				return nil, err
			}
		}
	}
	return func() {
		j.stretches.rewritten.Add(1)
		j.stretchesSaved(saved)
		j.stretches.mu.Lock()
		defer j.stretches.mu.Unlock()
		if s := &j.stretches; s.open != nil && gone[s.open.n] != nil {
			s.index.texts.forget(gone[s.open.n])
			if names {
				s.index.names.forget(gone[s.open.n])
			}
		}
	}, nil
}

// forgetIn takes events out of a part's dictionary. An index that can't be read
// goes, and is made again at the next start.
func (w *writer) forgetIn(ctx context.Context, key int64, room int, gone *eventSet) error {
	var content []byte
	var sum sql.NullInt64
	err := w.conn.QueryRowContext(ctx, "SELECT content, sum FROM indexes WHERE n = ?", key).Scan(&content, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	before, section, err := splitSection(content, room)
	if errors.Is(err, errNoIndex) {
		return nil
	}
	if sum.Valid && sum.Int64 != partSum(key, content) {
		err = errIndex
	}
	var left []byte
	if err == nil {
		left, err = section.forget(gone, len(content)-room)
	}
	if err != nil {
		n := key / indexParts
		_, err = w.conn.ExecContext(ctx, "DELETE FROM indexes WHERE n >= ? AND n < ?", partKey(n, 0), partKey(n+1, 0))
		return err
	}
	_, err = w.conn.ExecContext(ctx, "UPDATE indexes SET content = ?, sum = ? WHERE n = ?", append(slices.Clip(before), left...), partSum(key, append(slices.Clip(before), left...)), key)
	return err
}

// blank reports whether a part of an index was blanked.
func blank(content []byte) bool {
	return !slices.ContainsFunc(content, func(b byte) bool { return b != 0 })
}

// blankIndex overwrites the index of a stretch that has lost its first events.
func (w *writer) blankIndex(ctx context.Context, n int64) error {
	_, err := w.conn.ExecContext(ctx, "UPDATE indexes SET content = zeroblob(length(content)), sum = NULL WHERE n >= ? AND n < ? AND content <> zeroblob(length(content))", partKey(n, 0), partKey(n+1, 0))
	return err
}

// dropIndexes removes those of the stretches before one.
func (w *writer) dropIndexes(ctx context.Context, before int64) error {
	rows, err := w.conn.QueryContext(ctx, "DELETE FROM indexes WHERE n < ? RETURNING n", partKey(before, 0))
	if err != nil {
		return err
	}
	gone, err := collect(rows, scanNumber)
	if err != nil || len(gone) == 0 {
		return err
	}
	slices.Sort(gone)
	return w.cleanAround(ctx, "indexes", gone)
}
