package snapshot

import (
	"encoding/binary"
	"errors"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerTEM   = 0x01
	markerSOF0  = 0xc0 // to SOF15, without DHT, JPG and DAC, which lie between
	markerDHT   = 0xc4
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
)

// jfif is the segment that begins a JPEG file without metadata: version 1.1, no
// density, no thumbnail.
const jfif = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// stripJPEG copies the segments that a decoder needs, and drops all others: APP
// segments (Exif with place and device, XMP, thumbnails, further images), comments,
// and bytes behind the image's end. Two things are kept of what it drops: the Exif
// orientation, without which a picture lies on its side, and Adobe's colour
// transform, without which its colours are wrong.
func stripJPEG(b []byte) ([]byte, error) {
	out := append(make([]byte, 0, len(b)), 0xff, markerSOI)
	out = append(out, jfif...)
	var orientation uint16
	framed := false
	for at := 2; ; {
		marker, body, next, err := jpegSegment(b, at)
		if err != nil {
			return nil, damaged(JPEG, err)
		}
		switch {
		case marker == markerEOI:
			return append(out, 0xff, markerEOI), nil
		case marker == markerSOS:
			out = append(out, b[at:next]...)
			scanned := next + entropyCoded(b[next:])
			out = append(out, b[next:scanned]...)
			next = scanned
		case marker == markerDHT, marker == markerDAC, marker == markerDQT, marker == markerDRI:
			out = append(out, b[at:next]...)
		case marker >= markerSOF0 && marker < markerRST0:
			if !framed {
				out = append(out, exifOf(orientation)...)
				framed = true
			}
			out = append(out, b[at:next]...)
		case marker == markerAPP1:
			if o := exifOrientation(body); o != 0 {
				orientation = o
			}
		case marker == markerAPP14 && len(body) >= 12 && string(body[:5]) == "Adobe":
			out = append(append(out, 0xff, markerAPP14, 0, 14), body[:12]...)
		}
		at = next
	}
}

var errCut = errors.New("the image ends early")

// jpegSegment reads the segment at an offset: its marker, its body without the
// length, and where it ends.
func jpegSegment(b []byte, at int) (marker byte, body []byte, next int, err error) {
	if at >= len(b) {
		return 0, nil, 0, errCut
	}
	if b[at] != 0xff {
		return 0, nil, 0, errors.New("bytes between two segments")
	}
	for at++; ; at++ { // fill bytes may precede a marker
		if at >= len(b) {
			return 0, nil, 0, errCut
		}
		if b[at] != 0xff {
			break
		}
	}
	marker, at = b[at], at+1
	switch {
	case marker == markerEOI:
		return marker, nil, at, nil
	case marker == 0, marker == markerTEM, marker == markerSOI, marker >= markerRST0 && marker <= markerRST7:
		return 0, nil, 0, errors.New("a marker in the wrong place")
	case len(b)-at < 2:
		return 0, nil, 0, errCut
	}
	length := int(binary.BigEndian.Uint16(b[at:]))
	if length < 2 || length > len(b)-at {
		return 0, nil, 0, errCut
	}
	return marker, b[at+2 : at+length], at + length, nil
}

// entropyCoded returns how many bytes of a scan's data b begins with: up to the next
// marker that isn't a restart marker.
func entropyCoded(b []byte) int {
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0xff {
			continue
		}
		if next := b[i+1]; next != 0 && next != 0xff && (next < markerRST0 || next > markerRST7) {
			return i
		}
	}
	return len(b)
}

// progressive reports whether a JPEG image is progressive, which takes more memory
// to decode.
func progressive(b []byte) bool {
	for at := 2; ; {
		marker, _, next, err := jpegSegment(b, at)
		if err != nil || marker == markerEOI || marker == markerSOS {
			return false
		}
		if marker >= markerSOF0 && marker < markerRST0 && marker != markerDHT && marker != markerDAC {
			return marker == markerSOF0+2
		}
		at = next
	}
}
