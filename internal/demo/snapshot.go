package demo

import (
	"bytes"
	"context"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"net/http"
)

// The size of a snapshot, in pixels.
const (
	snapshotWidth  = 480
	snapshotHeight = 270
)

// snapshotTypes are the types of events with a snapshot.
var snapshotTypes = map[string]bool{typeWatchlistAlert: true, typeLivenessFailed: true, typeFaceMatched: true}

// Snapshot draws what a camera shows at an event of a type, as a JPEG image: a room, and a figure made of
// plain shapes, who is nobody. It returns nil for a type without snapshots. The same event gives the same
// image.
func Snapshot(kind, camera, id string) []byte {
	if !snapshotTypes[kind] {
		return nil
	}
	m := image.NewRGBA(image.Rect(0, 0, snapshotWidth, snapshotHeight))
	drawRoom(m, seeded(camera))
	drawFigure(m, seeded(id), kind == typeFaceMatched)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 72}); err != nil {
		return nil // a buffer takes everything
	}
	return b.Bytes()
}

// seeded returns random numbers that are the same for the same text.
func seeded(text string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// drawRoom draws a wall, a floor, a door and a few panels, in the colours of the camera.
func drawRoom(m *image.RGBA, rng *rand.Rand) {
	hue := rng.Float64()
	horizon := 150 + rng.IntN(30)
	for y := range snapshotHeight {
		shade := tint(hue, 0.18, 0.30+0.20*float64(y)/float64(horizon))
		if y > horizon {
			shade = tint(hue+0.08, 0.12, 0.26+0.24*float64(y-horizon)/float64(snapshotHeight-horizon))
		}
		fill(m, image.Rect(0, y, snapshotWidth, y+1), shade)
	}
	for range 4 {
		x := rng.IntN(snapshotWidth - 60)
		fill(m, image.Rect(x, 24+rng.IntN(20), x+30+rng.IntN(50), 70+rng.IntN(20)), tint(hue, 0.22, 0.42+0.2*rng.Float64()))
	}
	door := 40 + rng.IntN(snapshotWidth-140)
	fill(m, image.Rect(door, horizon-100, door+56, horizon+6), tint(hue+0.5, 0.20, 0.28))
	fill(m, image.Rect(door+5, horizon-95, door+51, horizon+6), tint(hue+0.5, 0.22, 0.36))
}

// drawFigure draws a figure, and the box that a detector puts around its head.
func drawFigure(m *image.RGBA, rng *rand.Rand, known bool) {
	x, size := 110+rng.IntN(snapshotWidth-220), 26+rng.IntN(14)
	y := 76 + rng.IntN(24)
	coat := tint(rng.Float64(), 0.45, 0.40)
	ellipse(m, x, y+size*4, size*3/2, size*3, coat)
	fill(m, image.Rect(x-size/4, y+size/2, x+size/4, y+size*5/4), tint(0.08, 0.25, 0.55))
	ellipse(m, x, y, size*3/4, size, tint(0.08, 0.28, 0.66))
	ellipse(m, x, y-size/2, size*4/5, size*5/8, tint(rng.Float64(), 0.30, 0.22))
	frame := color.RGBA{R: 255, G: 196, B: 60, A: 255}
	if known {
		frame = color.RGBA{R: 90, G: 220, B: 140, A: 255}
	}
	box := image.Rect(x-size*5/4, y-size*3/2, x+size*5/4, y+size*3/2)
	for _, edge := range []image.Rectangle{
		{box.Min, image.Pt(box.Max.X, box.Min.Y+3)}, {image.Pt(box.Min.X, box.Max.Y-3), box.Max},
		{box.Min, image.Pt(box.Min.X+3, box.Max.Y)}, {image.Pt(box.Max.X-3, box.Min.Y), box.Max},
	} {
		fill(m, edge, frame)
	}
}

func fill(m draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
}

func ellipse(m *image.RGBA, cx, cy, rx, ry int, c color.Color) {
	for dy := -ry; dy <= ry; dy++ {
		half := int(float64(rx) * math.Sqrt(1-float64(dy*dy)/float64(ry*ry)))
		fill(m, image.Rect(cx-half, cy+dy, cx+half, cy+dy+1), c)
	}
}

// tint returns a colour by its hue (a turn is 1), saturation and lightness.
func tint(hue, saturation, lightness float64) color.RGBA {
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue*12, 12)
		v := lightness - saturation*min(lightness, 1-lightness)*max(-1, min(k-3, 9-k, 1))
		return uint8(255 * max(0, min(v, 1)))
	}
	return color.RGBA{R: channel(0), G: channel(8), B: channel(4), A: 255}
}

// sendSnapshots sends the snapshots of events that Postern has accepted. One that is lost isn't sent again:
// its event is what counts.
func (p *Producer) sendSnapshots(ctx context.Context, batch []Event) {
	for _, ev := range batch {
		picture := Snapshot(ev.Type, ev.CameraID, ev.ID)
		if picture == nil || ev.ID == "" {
			continue
		}
		if _, err := p.api.send(ctx, http.MethodPut, eventsPath+"/"+ev.ID+"/snapshot", "image/jpeg", picture); err != nil && ctx.Err() == nil {
			p.api.log.Debug("snapshot not sent", "event", ev.ID, "error", err)
		}
	}
}
