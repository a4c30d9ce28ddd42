package snapshot

// Info describes the snapshot of an event, apart from the image itself. It is
// read-only.
type Info struct {
	Format        Format
	Width, Height int // pixels
	// Removed says that the image is gone: retention removed it, or an erasure did.
	// The other fields are zero then.
	Removed bool
}

// Info returns the image's description.
func (i Image) Info() *Info { return &Info{Format: i.Format, Width: i.Width, Height: i.Height} }

// A packed description has the format in its lowest bits, then the width, then the
// height. That of a removed image is zero.
const (
	packedFormatBits = 4
	packedSideBits   = 24 // more than MaxPixels needs
)

// Pack returns the description as one number, from which Unpack makes it again.
func (i *Info) Pack() int64 {
	if i.Removed {
		return 0
	}
	return int64(i.Height)<<(packedFormatBits+packedSideBits) | int64(i.Width)<<packedFormatBits | int64(i.Format)
}

// Unpack is the inverse of Pack. A number that Pack can't have made stands for a
// removed image.
func Unpack(packed int64) *Info {
	i := &Info{
		Format: Format(packed & (1<<packedFormatBits - 1)),
		Width:  int(packed >> packedFormatBits & (1<<packedSideBits - 1)),
		Height: int(packed >> (packedFormatBits + packedSideBits)),
	}
	if i.Format.MediaType() == "" || i.Width < 1 || i.Height < 1 {
		return &Info{Removed: true}
	}
	return i
}

// Stored is a snapshot whose file is in the data folder already: its name is the hash
// of its content.
type Stored struct {
	Hash  []byte
	Bytes int64
}
