package eventrow

import (
	"fmt"

	"postern/internal/event"
)

// IDValue returns an id as it is stored: 16 bytes for "evt_" and a UUID, any other
// as text.
func IDValue(id string) any {
	if packed := event.PackID(id); packed != nil {
		return packed
	}
	return id
}

// idOf returns the id that IDValue has stored.
func idOf(stored any) (string, error) {
	switch id := stored.(type) {
	case []byte:
		if len(id) == 16 {
			return event.UnpackID(id), nil
		}
		return "", fmt.Errorf("an id of %d bytes", len(id))
	case string:
		return id, nil
	}
	return "", fmt.Errorf("an id of type %T", stored)
}
