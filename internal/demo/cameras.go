package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
)

// cameraSettings are what people call the demo's cameras, and where they are.
var cameraSettings = []struct {
	ID    string `json:"-"`
	Name  string `json:"name"`
	Site  string `json:"site"`
	Group string `json:"group"`
}{
	{"lobby-cam-1", "Lobby, entrance", "Head office", "Lobby"},
	{"lobby-cam-2", "Lobby, lifts", "Head office", "Lobby"},
	{"reception-kiosk", "Reception kiosk", "Head office", "Lobby"},
	{"server-room-door", "Server room door", "Head office", "Basement"},
	{"loading-dock", "Loading dock", "Depot", "Yard"},
	{"gate-7", "Gate 7", "Depot", "Perimeter"},
	{"parking-north", "Car park north", "Depot", "Perimeter"},
	{"parking-south", "Car park south", "Depot", "Perimeter"},
}

// nameCameras sets the names of the demo's cameras. A demo without them goes on, as
// with a key that may not set them.
func (a api) nameCameras(ctx context.Context) {
	for _, camera := range cameraSettings {
		body, err := json.Marshal(camera)
		if err == nil {
			_, err = a.sendUntilAnswered(ctx, http.MethodPatch, "/api/v1/cameras/"+url.PathEscape(camera.ID), "application/json", body)
		}
		if err != nil {
			a.log.Info("the demo's cameras have no names", slog.Any("error", err))
			return
		}
	}
}
