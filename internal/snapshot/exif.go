package snapshot

import "encoding/binary"

// An Exif segment is "Exif\0\0" and a TIFF file: byte order, 42, and the offset of a
// directory of 12-byte entries (tag, type, count, value).
const (
	exifHeader      = "Exif\x00\x00"
	tagOrientation  = 0x0112
	typeShort       = 3
	tiffHeaderBytes = 8
	tiffEntryBytes  = 12
)

// exifOrientation returns the orientation (1 to 8) in the body of an Exif segment;
// 0 where there is none or the segment is damaged.
func exifOrientation(body []byte) uint16 {
	if len(body) < len(exifHeader)+tiffHeaderBytes || string(body[:len(exifHeader)]) != exifHeader {
		return 0
	}
	tiff := body[len(exifHeader):]
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < tiffEntryBytes {
			return 0
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == typeShort && order.Uint32(entries[4:]) == 1 {
			if o := order.Uint16(entries[8:]); o >= 1 && o <= 8 {
				return o
			}
			return 0
		}
		entries = entries[tiffEntryBytes:]
	}
	return 0
}

// exifOf returns an Exif segment that holds an orientation and nothing else; none
// for an upright image.
func exifOf(orientation uint16) []byte {
	if orientation <= 1 {
		return nil
	}
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, tagOrientation)
	tiff = binary.BigEndian.AppendUint16(tiff, typeShort)
	tiff = binary.BigEndian.AppendUint32(tiff, 1)
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0) // the value's padding, and no further directory
	segment := binary.BigEndian.AppendUint16([]byte{0xff, markerAPP1}, uint16(2+len(exifHeader)+len(tiff)))
	return append(append(segment, exifHeader...), tiff...)
}
