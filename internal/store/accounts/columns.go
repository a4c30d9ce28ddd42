package accounts

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"postern/internal/account"
	"postern/internal/event"
)

// encodeTime returns a time in microseconds; the zero time is null.
func encodeTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// decodeTime reads a time that encodeTime wrote.
func decodeTime(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return event.FromMicro(n.Int64)
}

// encodeCameras returns a camera scope as JSON; all cameras are null.
func encodeCameras(c account.CameraScope) (any, error) {
	if c.All() {
		return nil, nil
	}
	b, err := json.Marshal(c.Names())
	return string(b), err
}

// decodeCameras reads a camera scope that encodeCameras wrote. A list that can't be read
// is an error and never all cameras.
func decodeCameras(text sql.NullString) (account.CameraScope, error) {
	if !text.Valid {
		return account.CameraScope{}, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text.String), &list); err != nil {
		return account.CameraScope{}, fmt.Errorf("a list of cameras is damaged: %w", err)
	}
	if list == nil {
		return account.CameraScope{}, errors.New("a list of cameras is damaged: it is null")
	}
	return account.OnlyCameras(list...), nil
}
