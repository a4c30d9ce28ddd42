package segment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"postern/internal/event"
)

// fewEvents is the number of candidates up to which reading the events costs
// less than reading the texts block.
const fewEvents = 8

// Candidates are the events of a segment that may match a filter. The others
// have another type, camera, source, text or id.
type Candidates struct {
	Events EventSet
	// Blocks is the number of block rows that were read.
	Blocks int64
	// Indexed is false where the segment has no readable blocks. Then every
	// event is a candidate, and Events is empty.
	Indexed bool
}

// Candidates returns the candidates of segment n.
func (x *Index) Candidates(ctx context.Context, n int64, f *CompiledFilter) (c Candidates, err error) {
	if c, err = x.headCandidates(n, f); c.Indexed || err != nil {
		return c, err
	}
	read := func(kind int) ([]byte, error) {
		c.Blocks++
		return x.block(ctx, n, kind)
	}
	open := func(kind int) (head []byte, d *dictionaryReader, err error) {
		content, err := read(kind)
		if err != nil {
			return nil, nil, err
		}
		return openBlock(kind, content)
	}
	types, names, err := open(namesBlock)
	if err == nil {
		b := blocks{
			types: types,
			names: names,
			texts: func() (finder, error) { _, texts, err := open(textsBlock); return texts, err },
			ids:   func() ([]byte, error) { return read(idsBlock) },
		}
		c.Events, err = b.candidates(n, f)
	}
	switch {
	case errors.Is(err, errNoBlock), errors.Is(err, errDamaged):
		return Candidates{Blocks: c.Blocks}, nil
	case err != nil:
		return c, fmt.Errorf("read the search index: %w", err)
	}
	c.Indexed = true
	return c, nil
}

// headCandidates returns the candidates of segment n if it is the head segment,
// whose blocks are in memory.
func (x *Index) headCandidates(n int64, f *CompiledFilter) (c Candidates, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.head == nil || x.head.N != n {
		return c, nil
	}
	c.Events, err = x.builder.blocks().candidates(n, f)
	c.Blocks, c.Indexed = 1, true
	return c, err
}

// finder finds the events that have a term.
type finder interface {
	// find adds to found the events of the terms that contain text or, where
	// whole is set, equal it, and those of the empty term. text is folded.
	find(text string, whole bool, found *EventSet) error
}

// blocks are the blocks of a segment, in memory or in the file.
type blocks struct {
	types []byte
	names finder
	texts func() (finder, error) // read on demand
	ids   func() ([]byte, error)
}

func (b blocks) candidates(n int64, f *CompiledFilter) (found EventSet, err error) {
	found.fill()
	if f.RestrictsTypes() {
		found.intersect(b.ofTypes(f.Types))
	}
	for _, names := range [][]string{f.cameras, f.sources} {
		if len(names) == 0 || slices.Contains(names, "") {
			continue // an event without a camera has no term for it
		}
		var named EventSet
		for _, name := range names {
			if err := b.names.find(name, true, &named); err != nil {
				return found, err
			}
		}
		found.intersect(&named)
	}
	if f.Text == "" || found.len() <= fewEvents {
		return found, nil
	}
	withText, err := b.withText(n, f)
	if err != nil {
		return found, err
	}
	found.intersect(withText)
	return found, nil
}

func (b blocks) ofTypes(types event.TypeSet) *EventSet {
	var found EventSet
	for position, t := range b.types {
		if t > 0 && types.Has(event.Type(t)) {
			found.add(uint16(position))
		}
	}
	return &found
}

func (b blocks) withText(n int64, f *CompiledFilter) (*EventSet, error) {
	var found EventSet
	if err := b.names.find(f.text, false, &found); err != nil {
		return nil, err
	}
	texts, err := b.texts()
	if err != nil {
		return nil, err
	}
	if err := texts.find(f.text, false, &found); err != nil {
		return nil, err
	}
	return &found, f.ids.find(n, b.ids, &found)
}
