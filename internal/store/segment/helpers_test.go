package segment

import "postern/internal/eventtest"

var (
	made     = eventtest.New
	typical  = eventtest.Typical
	withID   = eventtest.WithID
	withData = eventtest.WithData
	start    = eventtest.Start

	withCamera = eventtest.WithCamera
)
