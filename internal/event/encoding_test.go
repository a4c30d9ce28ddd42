package event_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"postern/internal/event"
)

func TestDecode_byteOrderMarkIsSkipped(t *testing.T) {
	for _, body := range []string{with("source", `"a"`), "[" + with("source", `"a"`) + "]", with("source", `"a"`) + "\n" + with(),
		" \n" + with("source", `"a"`)} {
		if e := accept(t, "\ufeff"+body)[0]; e.Source != "a" {
			t.Errorf("%q became %s", body, e.JSON())
		}
	}
	contains(t, refuse(t, "\ufeff").Detail, "empty")
	// Only one mark is skipped; a second one is a character.
	contains(t, refuse(t, "\ufeff\ufeff"+with()).Detail, "byte-order mark")
	// Within a text it is a character as well.
	if e := acceptOne(t, with("source", "\"a\ufeffb\"")); e.Source != "a\ufeffb" {
		t.Errorf("the source became %q", e.Source)
	}
}

// wide writes a text in two or four bytes a character.
func wide(order binary.AppendByteOrder, size int, s string) []byte {
	var b []byte
	if size == 2 {
		for _, unit := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, unit)
		}
		return b
	}
	for _, r := range s {
		b = order.AppendUint32(b, uint32(r))
	}
	return b
}

func TestDecode_otherEncodingsAreNamed(t *testing.T) {
	for _, text := range []string{with(), "[" + with() + "]", " " + with(), with() + "\n" + with(), "{}", with("source", `"日本"`)} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for size, name := range map[int]string{2: "UTF-16", 4: "UTF-32"} {
				for _, mark := range []string{"", "\ufeff"} {
					body := wide(order, size, mark+text)
					if got, want := refuse(t, string(body)).Detail, "The body is "+name+"; send UTF-8."; got != want {
						t.Errorf("%q in %s: %s", mark+text, name, got)
					}
				}
			}
		}
	}
}

func TestUTF8Body_leavesTextAlone(t *testing.T) {
	for _, body := range []string{"", "1", "{}", "\ufeff", "\ufeff{}", "\x00\x00", "é", strings.Repeat(" ", 5)} {
		got, err := event.UTF8Body([]byte(body))
		if want := bytes.TrimPrefix([]byte(body), []byte("\ufeff")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q became %q, %v", body, got, err)
		}
	}
}
