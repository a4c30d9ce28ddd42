package monitor

import (
	"postern/views/ui"
)

// shortcuts are what assets/js/monitor.js listens for besides.
var shortcuts = []ui.Shortcut{
	{Key: "A", Does: "Acknowledge the alert with the focus, or the newest"},
	{Key: "S", Does: "Sound on or off"},
	{Key: "F", Does: "Full screen, or leave it"},
	{Key: "j", Does: "Next row of the stream"},
	{Key: "k", Does: "Row before"},
	{Key: "?", Does: "Show these keys"},
}
