package snapshot_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"postern/internal/problem"
	"postern/internal/snapshot"
)

// secret stands for what metadata would give away.
const secret = "51.92N 4.48E, serial 4711"

func unbounded(int64) (func(), error) { return func() {}, nil }

func clean(t *testing.T, b []byte) snapshot.Image {
	t.Helper()
	m, err := snapshot.Clean(b, unbounded)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// picture has a different colour in each corner.
func picture(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 99, 255})
		}
	}
	return m
}

func jpegOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func base64Bytes(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Images of one pixel, made by cwebp.
func losslessWebP(t *testing.T) []byte {
	return base64Bytes(t, "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
}

func lossyWebP(t *testing.T) []byte {
	return base64Bytes(t, "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
}

// segment makes a segment of a JPEG file, and insert puts bytes behind its start.
func segment(marker byte, body string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(body))), body...)
}

func insert(b []byte, at int, more ...[]byte) []byte {
	return append(append(bytes.Clone(b[:at]), bytes.Join(more, nil)...), b[at:]...)
}

// chunk makes a chunk of a PNG file.
func chunk(name, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(name+data)))
}

// riff makes a WebP file of chunks.
func riff(chunks ...[]byte) []byte {
	body := bytes.Join(chunks, nil)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body)))
	return append(append(b, "WEBP"...), body...)
}

func riffChunk(name, data string) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	b = append(b, data...)
	return append(b, make([]byte, len(data)%2)...)
}

// exif makes an Exif segment with an orientation and a text.
func exif(order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	tiff := order.AppendUint32([]byte(mark), 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range []struct {
		tag, kind    uint16
		count, value uint32
	}{{0x010e, 2, uint32(len(secret)), 38}, {0x0112, 3, 1, 0}} {
		tiff = order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, entry.tag), entry.kind), entry.count)
		if entry.tag == 0x0112 {
			tiff = order.AppendUint16(order.AppendUint16(tiff, orientation), 0)
		} else {
			tiff = order.AppendUint32(tiff, entry.value)
		}
	}
	return segment(0xe1, "Exif\x00\x00"+string(tiff)+"\x00\x00\x00\x00"+secret)
}

func TestClean_KeepsPixelsAndDropsTheRest(t *testing.T) {
	small := picture(40, 30)
	photo, drawing := jpegOf(t, small), pngOf(t, small)
	lossy := lossyWebP(t)[12:]
	for _, test := range []struct {
		name   string
		sent   []byte
		format snapshot.Format
		want   []byte // the same image without metadata
	}{
		{"a JPEG with Exif, XMP, a profile, a comment and a second image", append(insert(photo, 2,
			exif(binary.LittleEndian, "II*\x00", 1), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+secret),
			segment(0xe2, "ICC_PROFILE\x00\x01\x01"+secret), segment(0xfe, secret)), []byte(secret)...), snapshot.JPEG, photo},
		{"a JPEG with a thumbnail in its JFIF segment", insert(photo, 2, segment(0xe0, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x02\x02"+secret)),
			snapshot.JPEG, photo},
		{"a JPEG with fill bytes before a marker", insert(photo, 2, []byte{0xff, 0xff}, segment(0xfe, secret)), snapshot.JPEG, photo},
		{"a PNG with texts, a time and Exif", append(insert(drawing, 33, chunk("tEXt", "Comment\x00"+secret), chunk("iTXt", secret),
			chunk("tIME", "\x07\xea\x0b\x1c\x00\x00\x00"), chunk("eXIf", secret), chunk("prVt", secret)), []byte(secret)...), snapshot.PNG, drawing},
		{"a lossless WebP with bytes behind its end", append(losslessWebP(t), secret...), snapshot.WebP, losslessWebP(t)},
		{"a WebP with Exif, XMP and a profile", riff(
			riffChunk("VP8X", "\x2c\x00\x00\x00\x00\x00\x00\x00\x00\x00"), riffChunk("ICCP", secret), lossy,
			riffChunk("EXIF", secret), riffChunk("XMP ", secret+"!")), snapshot.WebP,
			riff(riffChunk("VP8X", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), lossy)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, want := clean(t, test.sent), clean(t, test.want)
			if got.Format != test.format || got.Width != want.Width || got.Height != want.Height || !bytes.Equal(got.Bytes, want.Bytes) {
				t.Errorf("%s of %d x %d pixels in %d bytes; want %s of %d x %d in %d", got.Format.MediaType(), got.Width, got.Height, len(got.Bytes),
					test.format.MediaType(), want.Width, want.Height, len(want.Bytes))
			}
			if bytes.Contains(got.Bytes, []byte(secret[:8])) {
				t.Error("metadata is kept")
			}
			if again := clean(t, got.Bytes); !bytes.Equal(again.Bytes, got.Bytes) {
				t.Error("a cleaned image changes when it is cleaned again")
			}
		})
	}
}

func TestClean_LeavesThePixelsAlone(t *testing.T) {
	small := picture(64, 48)
	for _, sent := range [][]byte{jpegOf(t, small), pngOf(t, small)} {
		before, _, err := image.Decode(bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		after, _, err := image.Decode(bytes.NewReader(clean(t, sent).Bytes))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 48 {
			for x := range 64 {
				if before.At(x, y) != after.At(x, y) {
					t.Fatalf("the pixel at %d, %d is %v; it was %v", x, y, after.At(x, y), before.At(x, y))
				}
			}
		}
	}
}

func TestClean_KeepsTheOrientation(t *testing.T) {
	photo := jpegOf(t, picture(40, 30))
	upright := clean(t, photo).Bytes
	for _, order := range []struct {
		mark  string
		bytes binary.AppendByteOrder
	}{{"II*\x00", binary.LittleEndian}, {"MM\x00*", binary.BigEndian}} {
		for _, orientation := range []uint16{0, 1, 3, 6, 8, 9} {
			got := clean(t, insert(photo, 2, exif(order.bytes, order.mark, orientation))).Bytes
			if kept := len(got) > len(upright); kept != (orientation >= 2 && orientation <= 8) {
				t.Errorf("orientation %d in %q: kept is %v", orientation, order.mark, kept)
			}
			if bytes.Contains(got, []byte(secret)) {
				t.Error("the rest of the Exif data is kept")
			}
			if !bytes.Equal(clean(t, got).Bytes, got) {
				t.Errorf("orientation %d is lost when the image is cleaned again", orientation)
			}
		}
	}
}

func TestClean_Refuses(t *testing.T) {
	photo, drawing := jpegOf(t, picture(40, 30)), pngOf(t, picture(40, 30))
	wide := bytes.Clone(drawing)
	binary.BigEndian.PutUint32(wide[16:], 16_001)
	binary.BigEndian.PutUint32(wide[20:], 1_000)
	binary.BigEndian.PutUint32(wide[29:], crc32.ChecksumIEEE(wide[12:29]))
	flipped := bytes.Clone(drawing)
	flipped[len(flipped)-20] ^= 1
	for _, test := range []struct {
		name string
		sent []byte
		want string // of the detail
	}{
		{"no bytes", nil, "not a JPEG, PNG or WebP"},
		{"a text", []byte("<svg onload=alert(1)>"), "not a JPEG, PNG or WebP"},
		{"a GIF", []byte("GIF89a" + strings.Repeat("\x00", 50)), "not a JPEG, PNG or WebP"},
		{"one byte more than allowed", append(photo, make([]byte, snapshot.MaxBytes)...), "larger than 1024 KiB"},
		{"more pixels than allowed", wide, "16001 x 1000 pixels"},
		{"a JPEG that ends early", photo[:200], "damaged jpeg"},
		{"a JPEG without an image", []byte("\xff\xd8\xff\xd9"), "damaged jpeg"},
		{"a JPEG with bytes between segments", insert(photo, 2, segment(0xfe, "x"), []byte("abc")), "damaged jpeg"},
		{"a PNG that ends early", drawing[:60], "damaged png"},
		{"a PNG with a flipped bit", flipped, "damaged png"},
		{"a PNG with an unknown critical chunk", insert(drawing, 33, chunk("ABCD", "x")), "damaged png"},
		{"an animated PNG", insert(drawing, 33, chunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")), "animation"},
		{"an animated WebP", riff(
			riffChunk("VP8X", "\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), riffChunk("ANIM", "\x00\x00\x00\x00\x00\x00")), "animation"},
		{"a WebP with frames and no flag", riff(riffChunk("ANMF", strings.Repeat("\x00", 16))), "animation"},
		{"a WebP without an image", riff(riffChunk("EXIF", secret)), "damaged webp"},
		{"a WebP whose length is too large", append([]byte("RIFF\xff\xff\xff\xffWEBP"), lossyWebP(t)[12:]...), "damaged webp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := snapshot.Clean(test.sent, unbounded)
			if p := problem.Of(err); p == nil || !strings.Contains(p.Detail, test.want) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestClean_ReservesTheMemoryOfDecoding(t *testing.T) {
	photo := jpegOf(t, picture(400, 300))
	var reserved int64
	released := false
	if _, err := snapshot.Clean(photo, func(bytes int64) (func(), error) {
		reserved = bytes
		return func() { released = true }, nil
	}); err != nil || !released || reserved < 400*300*3/2 || reserved > 400*300*10 {
		t.Errorf("%d bytes reserved, released %v: %v", reserved, released, err)
	}
	busy := errors.New("busy")
	if _, err := snapshot.Clean(photo, func(int64) (func(), error) { return nil, busy }); !errors.Is(err, busy) {
		t.Errorf("without memory: %v", err)
	}
}

// FuzzClean cleans any bytes: a result cleans to itself.
func FuzzClean(f *testing.F) {
	var photo, drawing bytes.Buffer
	_ = jpeg.Encode(&photo, picture(20, 10), nil)
	_ = png.Encode(&drawing, picture(20, 10))
	f.Add(photo.Bytes())
	f.Add(drawing.Bytes())
	f.Add(insert(photo.Bytes(), 2, exif(binary.BigEndian, "MM\x00*", 6)))
	for _, s := range []string{
		"UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
		"UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
	} {
		b, _ := base64.StdEncoding.DecodeString(s)
		f.Add(b)
	}
	small := func(bytes int64) (func(), error) {
		if bytes > 32<<20 {
			return nil, errors.New("too much memory for a fuzz test")
		}
		return func() {}, nil
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := snapshot.Clean(b, small)
		if err != nil {
			return
		}
		again, err := snapshot.Clean(m.Bytes, small)
		if err != nil || !bytes.Equal(again.Bytes, m.Bytes) {
			t.Errorf("cleaned again: %v", err)
		}
	})
}
