package fullsize

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"postern/internal/event"
)

var sites = []string{"north", "south", "harbour", "depot", "tower", "garage", "clinic", "campus"}

// Camera returns the name of the n-th camera.
func Camera(n int) string { return fmt.Sprintf("%s-cam-%03d", sites[n%len(sites)], n+1) }

// quietCameras are the last of every hundred cameras: they have sent nothing of
// late. Every 40th alert is of noisyCamera.
const (
	quietCameras = 4
	noisyCamera  = 7
)

var routine = []event.Type{
	event.FaceDetected, event.PersonEntered, event.FaceMatched, event.LineCrossed, event.PersonExited, event.LivenessPassed,
	event.FaceDetected, event.DocumentScanned,
}

// urgent are the types of alerts: most are failed checks, few are on a watchlist.
var urgent = []event.Type{
	event.LivenessFailed, event.LivenessFailed, event.LivenessFailed, event.SystemError, event.LivenessFailed,
	event.WatchlistAlert, event.LivenessFailed, event.SystemError, event.LivenessFailed, event.LivenessFailed,
}

// newEvent makes the n-th event of a site, at a time after from.
func newEvent(n int, size Size, from time.Time, within time.Duration) *event.Event {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	every := max(size.Events/size.Alerts, 1)
	at := from.Add(time.Duration(r.Int64N(int64(within)))).Truncate(time.Millisecond)
	e := &event.Event{ID: event.NewID(), Source: "face_pipeline", Time: at}
	if alert := n / every; n%every == every/2 && alert < size.Alerts {
		e.Type = urgent[alert%len(urgent)]
		e.Camera = alertCamera(r, alert, size)
	} else {
		e.Type = routine[n%len(routine)]
		e.Camera = Camera(r.IntN(size.Cameras))
	}
	if last := size.Events * 9 / 10; n > last && quiet(e.Camera, size) {
		e.Camera = Camera(0)
	}
	e.Data = dataOf(e.Type, r)
	e.Finalize()
	return e
}

func alertCamera(r *rand.Rand, alert int, size Size) string {
	if alert%4 == 0 {
		return Camera(noisyCamera % size.Cameras)
	}
	return Camera(r.IntN(size.Cameras))
}

// quiet reports whether a camera has sent nothing of late.
func quiet(camera string, size Size) bool {
	for hundred := 0; hundred < size.Cameras; hundred += 100 {
		for n := range quietCameras {
			if i := hundred + 99 - n; i < size.Cameras && Camera(i) == camera {
				return true
			}
		}
	}
	return false
}

// Person returns the name and the identity of the n-th person.
func Person(n int) (label, identity string) {
	first := []string{"Alice", "Bruno", "Chiara", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas"}
	last := []string{"Smith", "Okafor", "Rossi", "Meyer", "Yilmaz", "Haddad", "Lindqvist", "Martin", "Costa", "Novak"}
	return first[n%10] + " " + last[n/10%10], fmt.Sprintf("id-%04d", n)
}

// people is how many people a site knows.
const people = 1000

func dataOf(typ event.Type, r *rand.Rand) []byte {
	label, identity := Person(r.IntN(people))
	box := []int{r.IntN(1800), r.IntN(900), 60 + r.IntN(90), 80 + r.IntN(90)}
	var fields map[string]any
	switch typ {
	case event.FaceMatched, event.WatchlistAlert:
		fields = map[string]any{"identity_id": identity, "label": label, "similarity": 0.8 + float64(r.IntN(2000))/10_000,
			"watchlist": []string{"vip", "staff", "banned"}[r.IntN(3)], "bbox": box}
	case event.LivenessPassed, event.LivenessFailed:
		fields = map[string]any{"identity_id": identity, "label": label, "is_live": typ == event.LivenessPassed,
			"score": float64(r.IntN(10_000)) / 10_000}
	case event.SystemError:
		fields = map[string]any{"module": []string{"rtsp", "decoder", "gpu"}[r.IntN(3)],
			"message": "The stream ended before its first key frame", "code": 500 + r.IntN(9)}
	case event.DocumentScanned:
		fields = map[string]any{"document_type": "passport", "country": "NOR", "valid": true}
	default:
		fields = map[string]any{"track_id": fmt.Sprintf("trk-%06d", r.IntN(1_000_000)), "confidence": 0.7 + float64(r.IntN(3000))/10_000,
			"zone": "gate", "bbox": box}
	}
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err) // the map can always be encoded
	}
	return data
}
