package monitor

import (
	"postern/views/ui"
)

// shortcuts are the keys for which assets/js/monitor.js listens.
var shortcuts = []ui.Shortcut{
	{Key: "A", Does: "Acknowledge the selected alert, or the newest"},
	{Key: "S", Does: "Turn the sound on or off"},
	{Key: "F", Does: "Enter or leave full screen"},
	{Key: "j", Does: "Next event"},
	{Key: "k", Does: "Previous event"},
	{Key: "?", Does: "Show keyboard shortcuts"},
}
