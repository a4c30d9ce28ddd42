package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"testing"

	"postern/internal/event"
	"postern/internal/store/database"
)

// This test reads a segment as doc.go describes its rows, without the code of
// this package: what it needs of the format is written here once more.

func TestFormat_asDocumented(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), t.TempDir(), database.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	x, reader := NewIndex(nil), db.Reader()
	x.Begin(2)
	const first = 2*8192 + 1
	texts := map[string][]uint16{} // positions by folded text
	for i := range 8192 {
		e := typical(i)
		e.Seq = first + int64(i)
		if i == 77 {
			e = made(withID("own-id"), withData(`{"label":"Zoë","n":1,"inner":{"label":"deep"}}`), withCamera("Höhe 2"))
			e.Seq = first + 77
			for _, text := range []string{"own-id", "zoe", "hohe 2"} {
				texts[text] = append(texts[text], 77)
			}
		} else {
			for _, text := range []string{fmt.Sprintf("id-%06d", i%1000), fmt.Sprintf("lobby-cam-%d", i%16), fmt.Sprintf("trk-%d", i)} {
				texts[text] = append(texts[text], uint16(i))
			}
		}
		x.Add(e)
	}
	x.Complete([]byte("hours"), []byte("minutes"))
	err = db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := x.Save(t.Context(), tx, 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// The segment row.
	var atMin, atMax, types, sum int64
	var filter, hours, minutes []byte
	err = reader.QueryRowContext(t.Context(), "SELECT at_min, at_max, types, words, hours, minutes, sum FROM stretches WHERE n = 2").
		Scan(&atMin, &atMax, &types, &filter, &hours, &minutes, &sum)
	if err != nil {
		t.Fatal(err)
	}
	if atMin != start.UnixMicro() || atMax != start.UnixMicro()+8191*1234 || types != 0b111_1111_1110 {
		t.Errorf("the row has times %d to %d, and types %b", atMin, atMax, types)
	}
	if want := documentedSum([]int64{2, atMin, atMax, types}, filter, hours, minutes); sum != want {
		t.Errorf("the row's checksum is %d, want %d", sum, want)
	}
	if len(filter) != 8192 {
		t.Fatalf("the n-gram filter has %d bytes", len(filter))
	}
	for text := range texts {
		for i := 0; i+5 <= len(text); i++ {
			var g uint64
			for _, b := range []byte(text[i : i+5]) {
				g = g<<8 | uint64(b)
			}
			bit := 32768 | g*0x9e3779b97f4a7c15>>49
			if filter[bit/8]&(1<<(bit%8)) == 0 {
				t.Fatalf("the 5-gram %q isn't in the filter", text[i:i+5])
			}
			bit3 := uint32(g>>16) * 2654435761 >> 17 // of its first three bytes
			if filter[bit3/8]&(1<<(bit3%8)) == 0 {
				t.Fatalf("the 3-gram %q isn't in the filter", text[i:i+3])
			}
		}
	}

	// The block rows.
	block := func(k int64) []byte {
		t.Helper()
		var content []byte
		var sum int64
		if err := reader.QueryRowContext(t.Context(), "SELECT content, sum FROM indexes WHERE n = ?", 3*2+k).Scan(&content, &sum); err != nil {
			t.Fatal(err)
		}
		if want := documentedSum([]int64{3*2 + k}, content); sum != want {
			t.Errorf("block %d has the checksum %d, want %d", k, sum, want)
		}
		return content
	}
	names, data, ids := block(0), block(1), block(2)
	if names[5] != 6 || names[77] != byte(event.FaceMatched) {
		t.Errorf("events 5 and 77 have the types %d and %d", names[5], names[77])
	}
	if !bytes.Equal(data[:4096], make([]byte, 4096)) {
		t.Error("the padding isn't zero")
	}
	if len(ids) != 131072 || !bytes.Equal(ids[16*77:16*78], make([]byte, 16)) || bytes.Equal(ids[:16], make([]byte, 16)) {
		t.Error("the ids aren't where they should be")
	}
	found := documentedDictionary(t, names[8192:])
	for term, positions := range documentedDictionary(t, data[4096:]) {
		found[term] = append(found[term], positions...)
	}
	for text, want := range texts {
		if got := found[text]; !slices.Equal(got, want) {
			t.Errorf("%q is at %v, want %v", text, got, want)
		}
	}
	if found["deep"] != nil || found["Zoë"] != nil {
		t.Error("a text of a deeper level, or one that isn't folded, is a term")
	}
}

func documentedSum(numbers []int64, blobs ...[]byte) int64 {
	var b []byte
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, blob := range blobs {
		b = append(binary.LittleEndian.AppendUint64(b, uint64(len(blob))), blob...)
	}
	return int64(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// documentedDictionary returns the positions of each term.
func documentedDictionary(t *testing.T, b []byte) map[string][]uint16 {
	t.Helper()
	number := func() int {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			t.Fatal("a number is cut short")
		}
		b = b[size:]
		return int(n)
	}
	take := func(n int) (taken []byte) {
		taken, b = b[:n], b[n:]
		return taken
	}
	terms := func() [][]byte {
		separated := take(number())
		if separated[0] != 0xff || separated[len(separated)-1] != 0xff {
			t.Fatal("terms have no separator before the first or after the last")
		}
		if len(separated) == 1 {
			return nil
		}
		return bytes.Split(separated[1:len(separated)-1], []byte{0xff})
	}
	if version := take(1)[0]; version != 1 {
		t.Fatalf("the version is %d", version)
	}
	found := make(map[string][]uint16)
	unique := number()
	positions := take(2 * unique)
	for i, term := range terms() {
		found[string(term)] = []uint16{binary.LittleEndian.Uint16(positions[2*i:])}
	}
	lists := make([][]uint16, number())
	for i := range lists {
		length := number()
		rest := len(b) - length
		position := 0
		for len(b) > rest {
			position += number()
			lists[i] = append(lists[i], uint16(position))
		}
	}
	for i, term := range terms() {
		found[string(term)] = lists[i]
	}
	if len(bytes.Trim(b, "\x00")) > 0 {
		t.Errorf("%d bytes follow", len(b))
	}
	return found
}
