package event_test

import (
	"testing"

	"postern/internal/event"
)

func TestSaysOffline(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{
		`{"module":"video_pipeline","code":"stream_lost","message":"No frames for 30 s"}`: true,
		`{"code":"camera_offline"}`:                       true,
		`{"code":"CAMERA-OFFLINE"}`:                       true,
		`{"message":"Camera went offline."}`:              true,
		`{"error":"camera offline"}`:                      true,
		`{"error":{"code":"camera_disconnected"}}`:        true,
		`{"error":{"message":"RTSP connection refused"}}`: true,
		`{"status":"unreachable"}`:                        true,
		`{"online":false}`:                                true,
		`{"Offline":true}`:                                true,
		`{"reason":"video loss"}`:                         true,
		`{"code":"rtsp timeout"}`:                         true,
		`{"code":"rtsp_timeout"}`:                         true,
		`{"online":true}`:                                 false,
		`{"offline":false}`:                               false,
		`{}`:                                              false,
		`{"code":"frame_drop","message":"Dropped 48 of 250 frames in 10 s"}`:                          false,
		`{"code":"decoder_error","message":"H.264 decoder lost sync, waiting for the next keyframe"}`: false,
		`{"code":"session_timeout","message":"Session closed after 60 s without a face"}`:             false,
		`{"code":"queue_full","message":"Recognition queue full, skipped 12 faces"}`:                  false,
		`{"camera_name":"offline storage room"}`:                                                      false,
		`{"message":"The offliner is fine"}`:                                                          false,
		`{"x":{"code":"camera_offline"}}`:                                                             false,
	} {
		e := &event.Event{Type: event.SystemError, Camera: "gate", Data: []byte(data)}
		if got := e.SaysOffline(); got != want {
			t.Errorf("%s: %t", data, got)
		}
		e.Camera = ""
		if e.SaysOffline() {
			t.Errorf("%s without a camera says that one is offline", data)
		}
	}
}
