package segment

import (
	"slices"

	"postern/internal/event"
)

// The kinds of a segment's blocks. Each is one row of the file.
const (
	namesBlock = iota // types, and the dictionary of names
	textsBlock        // padding, and the dictionary of data's texts
	idsBlock          // the packed ids

	// BlocksPerSegment is the number of block rows of a segment.
	BlocksPerSegment
)

// packedIDBytes is the size of an id in the ids block.
const packedIDBytes = 16

// textsPadding precedes the dictionary of the texts block. SQLite moves the
// beginnings of rows when it changes other rows of a page, and may leave copies
// behind, which must not be texts that an erasure has removed. Beyond 4 KiB, a
// row's bytes lie on pages of its own.
const textsPadding = 4096

// Builder collects the blocks of a segment while it grows.
type Builder struct {
	types []byte // of each event, by position
	ids   []byte // of each event, packed; zeros where its id can't be packed
	hasID bool   // ids has a packed id
	names *termDictionary
	texts *termDictionary
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder {
	return &Builder{
		types: make([]byte, Events),
		ids:   make([]byte, packedIDBytes*Events),
		names: newTermDictionary(),
		texts: newTermDictionary(),
	}
}

// Reset empties the builder for the next segment and keeps its memory.
func (b *Builder) Reset() {
	clear(b.types)
	clear(b.ids)
	b.hasID = false
	b.names.reset()
	b.texts.reset()
}

// add adds an event, and the n-grams of its new terms to the filter.
func (b *Builder) add(e *event.Event, ngrams *NgramFilter) {
	position := Position(e.Seq)
	b.types[position] = byte(e.Type)
	if id := (*[packedIDBytes]byte)(b.ids[packedIDBytes*int(position):]); event.PackIDInto(id, e.ID) {
		b.hasID = true
	} else {
		clear(id[:])
		b.names.add(position, e.ID, ngrams)
	}
	if e.ProducerID != "" {
		b.names.add(position, e.ProducerID, ngrams)
	}
	if e.Site != "" {
		b.names.add(position, e.Site, ngrams)
	}
	b.names.add(position, e.Camera, ngrams)
	b.names.add(position, e.Source, ngrams)
	if e.Erased.IsZero() {
		eachText(e, func(text string) { b.texts.add(position, text, ngrams) })
	}
}

// encode returns the segment's blocks.
func (b *Builder) encode() (encoded [BlocksPerSegment][]byte) {
	encoded[namesBlock] = append(slices.Clone(b.types), b.names.encode()...)
	encoded[textsBlock] = append(make([]byte, textsPadding), b.texts.encode()...)
	if encoded[idsBlock] = []byte{}; b.hasID {
		encoded[idsBlock] = slices.Clone(b.ids)
	}
	return encoded
}

func (b *Builder) blocks() blocks {
	return blocks{
		types: b.types,
		names: b.names,
		texts: func() (finder, error) { return b.texts, nil },
		ids:   func() ([]byte, error) { return b.ids, nil },
	}
}

// dictionaryOffset returns how many bytes of a block precede its dictionary.
func dictionaryOffset(kind int) int {
	if kind == namesBlock {
		return Events // the types
	}
	return textsPadding
}

// openBlock splits a block into the bytes before its dictionary, and the
// dictionary. Its error is errNoBlock where the block was overwritten.
func openBlock(kind int, content []byte) (head []byte, d *dictionaryReader, err error) {
	offset := dictionaryOffset(kind)
	if len(content) <= offset {
		return nil, nil, errDamaged
	}
	if content[offset] == 0 {
		return nil, nil, errNoBlock
	}
	d, err = openDictionary(content[offset:])
	return content[:offset], d, err
}
