package snapshot

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// codec is a format's signature ('?' stands for any byte) and functions.
type codec struct {
	signature string
	strip     func([]byte) ([]byte, error) // its error is for the client
	config    func([]byte) (image.Config, error)
	decode    func([]byte) error
}

// codecs is in the order of the formats: Format n stands at n-1.
var codecs = [...]codec{
	{"\xff\xd8\xff", stripJPEG, decodeConfig(jpeg.DecodeConfig), decodeWith(jpeg.Decode)},
	{pngSignature, stripPNG, decodeConfig(png.DecodeConfig), decodeWith(png.Decode)},
	{"RIFF????WEBP", stripWebP, decodeConfig(webp.DecodeConfig), decodeWith(webp.Decode)},
}

// codecOf recognises a format by its signature; 0 for none.
func codecOf(b []byte) (Format, codec) {
	for i, c := range codecs {
		if matches(b, c.signature) {
			return Format(i + 1), c
		}
	}
	return 0, codec{}
}

func matches(b []byte, signature string) bool {
	if len(b) < len(signature) {
		return false
	}
	for i := range len(signature) {
		if signature[i] != '?' && signature[i] != b[i] {
			return false
		}
	}
	return true
}

// decodeConfig adapts a format's reader of dimensions.
func decodeConfig(read func(io.Reader) (image.Config, error)) func([]byte) (image.Config, error) {
	return func(b []byte) (image.Config, error) { return read(bytes.NewReader(b)) }
}

// decodeWith adapts a format's decoder to one that only checks.
func decodeWith(decode func(io.Reader) (image.Image, error)) func([]byte) error {
	return func(b []byte) error {
		_, err := decode(bytes.NewReader(b))
		return err
	}
}

// decodingBytes bounds the memory that the decoder of a format takes for an image.
func decodingBytes(f Format, b []byte, c image.Config) int64 {
	// Decoders round both sides up to whole blocks of at most 32 pixels.
	pixels := (int64(c.Width) + 31) &^ 31 * ((int64(c.Height) + 31) &^ 31)
	switch f {
	case JPEG:
		components := int64(3)
		switch c.ColorModel {
		case color.GrayModel:
			components = 1
		case color.CMYKModel:
			components = 4
		}
		if progressive(b) {
			return pixels * components * (1 + 4) // each coefficient has 4 bytes
		}
		// A CMYK image is copied into one of its own.
		return pixels * components * 2
	case PNG:
		perPixel := int64(4)
		switch c.ColorModel {
		case color.RGBA64Model, color.NRGBA64Model:
			perPixel = 8
		case color.GrayModel:
			perPixel = 1
		}
		return pixels * perPixel * 2 // an interlaced image's passes beside the image
	default:
		return pixels * 4 * 2 // pixels, and a transform's copy of them
	}
}
