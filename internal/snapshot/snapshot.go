package snapshot

import (
	"strings"

	"postern/internal/problem"
)

// Bounds of a snapshot.
const (
	// MaxBytes bounds the image as it is sent.
	MaxBytes = 1 << 20
	// MaxPixels bounds width times height.
	MaxPixels = 16_000_000
)

// Format is the file format of a snapshot. The database stores its number: never
// reuse or reorder numbers.
type Format uint8

// The formats.
const (
	JPEG Format = iota + 1
	PNG
	WebP
)

// mediaTypes is in the order of the constants: Format n stands at n-1.
var mediaTypes = [...]string{"image/jpeg", "image/png", "image/webp"}

// MediaType returns the format's media type, such as image/jpeg. A format that
// isn't one of the constants has none.
func (f Format) MediaType() string {
	if f < 1 || int(f) > len(mediaTypes) {
		return ""
	}
	return mediaTypes[f-1]
}

// Image is a snapshot that passed Clean.
type Image struct {
	Format        Format
	Width, Height int // pixels
	Bytes         []byte
}

// Errors of Clean. Each is fit for the client.
var (
	// ErrTooLarge says that the image has more than MaxBytes.
	ErrTooLarge = problem.New(problem.TooLarge, "The snapshot is larger than %d KiB. Send a smaller or more compressed image.", MaxBytes>>10)
	// ErrFormat says that the bytes are no JPEG, PNG or WebP image.
	ErrFormat = problem.New(problem.Unsupported, "The snapshot is not a JPEG, PNG or WebP image.")
	// ErrAnimated says that the image has more than one frame.
	ErrAnimated = problem.New(problem.Invalid, "The snapshot is an animation. Send a still image.")
)

// Clean checks that b is a still image within the bounds that decodes, and returns
// it without its metadata. It goes by the bytes alone: what a request calls its
// content type plays no part. Before it decodes the pixels it calls reserve with the
// bytes of memory that decoding takes at most, and returns reserve's error.
func Clean(b []byte, reserve func(bytes int64) (release func(), err error)) (Image, error) {
	if len(b) > MaxBytes {
		return Image{}, ErrTooLarge
	}
	f, codec := codecOf(b)
	if f == 0 {
		return Image{}, ErrFormat
	}
	stripped, err := codec.strip(b)
	if err != nil {
		return Image{}, err
	}
	config, err := codec.config(stripped)
	if err != nil {
		return Image{}, damaged(f, err)
	}
	if pixels := int64(config.Width) * int64(config.Height); pixels < 1 || pixels > MaxPixels {
		return Image{}, problem.New(problem.Invalid, "The snapshot has %d x %d pixels. At most %d million are allowed.",
			config.Width, config.Height, MaxPixels/1_000_000)
	}
	release, err := reserve(decodingBytes(f, stripped, config))
	if err != nil {
		return Image{}, err
	}
	defer release()
	if err := codec.decode(stripped); err != nil {
		return Image{}, damaged(f, err)
	}
	return Image{Format: f, Width: config.Width, Height: config.Height, Bytes: stripped}, nil
}

// damaged is the error for an image that begins as its format does, and doesn't
// decode. The decoder's words are for the log.
func damaged(f Format, cause error) error {
	name := strings.TrimPrefix(f.MediaType(), "image/")
	e := problem.New(problem.Invalid, "The snapshot is a damaged %s image: it can't be decoded.", name)
	e.Cause = cause
	return e
}
