package views

import "postern/internal/event"

// eventCommand is a command that posts an event, to be copied from an empty
// page.
func eventCommand(baseURL string) string {
	return "curl -X POST " + baseURL + "/api/v1/events \\\n" +
		"  -d '{\"type\":\"face_matched\",\"source\":\"face_pipeline\",\"camera_id\":\"lobby-cam-1\",\n" +
		"       \"data\":" + event.FaceMatched.Info().Example + "}'"
}

// webhookCommand is a command that registers a webhook.
func webhookCommand(baseURL string) string {
	return "curl -X POST " + baseURL + "/api/v1/events/webhooks \\\n" +
		"  -d '{\"url\":\"https://example.com/webhooks/biometrics\",\n" +
		"       \"event_types\":[\"face_matched\",\"watchlist_alert\"],\n" +
		"       \"secret\":\"whsec_your_signing_secret\"}'"
}
