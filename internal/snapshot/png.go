package snapshot

import (
	"encoding/binary"
	"errors"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	// A chunk is its length, type, data and checksum.
	pngChunkBytes = 4 + 4 + 4
)

// pngChunks are the chunks that are kept: the pixels, and those that say how they
// are shown. Texts, times, Exif and colour profiles go.
var pngChunks = map[string]bool{
	"IHDR": true, "PLTE": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true, "IDAT": true, "IEND": true,
}

// stripPNG copies the chunks of pngChunks up to the image's end. Decoding checks
// their checksums and order.
func stripPNG(b []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(b)), pngSignature...)
	for rest := b[len(pngSignature):]; ; {
		if len(rest) < pngChunkBytes {
			return nil, damaged(PNG, errCut)
		}
		length := int64(binary.BigEndian.Uint32(rest)) + pngChunkBytes
		if length > int64(len(rest)) {
			return nil, damaged(PNG, errCut)
		}
		name := string(rest[4:8])
		switch {
		case name == "acTL":
			return nil, ErrAnimated
		case pngChunks[name]:
			out = append(out, rest[:length]...)
		case name[0]&0x20 == 0:
			// A first letter in upper case marks a chunk that decoders must know.
			return nil, damaged(PNG, errors.New("an unknown critical chunk"))
		}
		if name == "IEND" {
			return out, nil
		}
		rest = rest[length:]
	}
}
