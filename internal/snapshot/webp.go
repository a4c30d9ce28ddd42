package snapshot

import (
	"encoding/binary"
	"errors"
)

// A WebP file is "RIFF", the length of the rest, "WEBP", and chunks: a name, a
// length, and data padded to an even length. The chunk VP8X has flags of which
// further chunks there are.
const (
	riffHeaderBytes  = 12
	riffChunkBytes   = 8
	vp8xBytes        = 10
	vp8xAnimation    = 0x02
	vp8xAlpha        = 0x10
	webpFileOverhead = 8 // "RIFF" and the length, which it doesn't count
)

// stripWebP copies the chunks of pixels (VP8, VP8L, ALPH), and VP8X with no flag but
// that of transparency. Exif, XMP, colour profiles, unknown chunks and bytes behind
// the image's end go.
func stripWebP(b []byte) ([]byte, error) {
	size := int64(binary.LittleEndian.Uint32(b[4:])) + webpFileOverhead
	if size < riffHeaderBytes || size > int64(len(b)) {
		return nil, damaged(WebP, errCut)
	}
	out := append(make([]byte, 0, size), b[:riffHeaderBytes]...)
	for rest := b[riffHeaderBytes:size]; len(rest) > 0; {
		if len(rest) < riffChunkBytes {
			return nil, damaged(WebP, errCut)
		}
		length := int64(binary.LittleEndian.Uint32(rest[4:])) + riffChunkBytes
		padded := length + length&1
		if padded > int64(len(rest)) {
			return nil, damaged(WebP, errCut)
		}
		switch string(rest[:4]) {
		case "ANIM", "ANMF":
			return nil, ErrAnimated
		case "VP8X":
			if length != riffChunkBytes+vp8xBytes {
				return nil, damaged(WebP, errors.New("a VP8X chunk of another length"))
			}
			if rest[riffChunkBytes]&vp8xAnimation != 0 {
				return nil, ErrAnimated
			}
			out = append(out, rest[:padded]...)
			flags := &out[len(out)-vp8xBytes]
			*flags &= vp8xAlpha
		case "VP8 ", "VP8L", "ALPH":
			out = append(out, rest[:padded]...)
		}
		rest = rest[padded:]
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-webpFileOverhead))
	return out, nil
}
