package eventlist

import (
	"postern/internal/event"
)

// curlPostEvent is a command that posts an event, for an empty page.
func curlPostEvent(baseURL string) string {
	return "curl -X POST " + baseURL + "/api/v1/events \\\n" +
		"  -d '{\"type\":\"face_matched\",\"source\":\"face_pipeline\",\"camera_id\":\"lobby-cam-1\",\n" +
		"       \"data\":" + event.FaceMatched.Info().Example + "}'"
}
