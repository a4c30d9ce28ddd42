package accounts

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"postern/internal/account"
	"postern/internal/event"
	"postern/internal/store/database"
)

const keyColumns = "n, name, hash, hint, scopes, cameras, created, expires, used, producer, site"

func scanKey(row database.Row) (*account.Key, error) {
	var k account.Key
	var hash []byte
	var scopes string
	var cameras sql.NullString
	var created int64
	var expires, used sql.NullInt64
	if err := row.Scan(&k.N, &k.Name, &hash, &k.Hint, &scopes, &cameras, &created, &expires, &used, &k.Producer, &k.Site); err != nil {
		return nil, err
	}
	if len(hash) != len(k.Hash) {
		return nil, fmt.Errorf("key %d has a hash of %d bytes", k.N, len(hash))
	}
	var err error
	if k.Cameras, err = decodeCameras(cameras); err != nil {
		return nil, err
	}
	k.Hash = account.Hash(hash)
	for _, scope := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, account.Scope(scope))
	}
	k.CreatedAt, k.ExpiresAt, k.UsedAt = event.FromMicro(created), decodeTime(expires), decodeTime(used)
	return &k, nil
}

func readKeys(ctx context.Context, q database.Querier) ([]*account.Key, error) {
	return database.QueryAll(ctx, q, scanKey, "SELECT "+keyColumns+" FROM access_keys ORDER BY name")
}

// Keys returns every key, by name.
func (tx *Tx) Keys() ([]*account.Key, error) { return readKeys(tx.ctx, tx.tx) }

// AddKey adds a key and sets its N.
func (tx *Tx) AddKey(k *account.Key) error {
	cameras, err := encodeCameras(k.Cameras)
	if err != nil {
		return err
	}
	k.N, err = tx.insert("INSERT INTO access_keys (name, hash, hint, scopes, cameras, created, expires, producer, site) VALUES (?, ?, "+
		"?, ?, ?, ?, ?, ?, ?)",
		k.Name, k.Hash[:], k.Hint, joinScopes(k.Scopes), cameras, k.CreatedAt.UnixMicro(), encodeTime(k.ExpiresAt), k.Producer, k.Site)
	return err
}

// RemoveKey removes a key and its sessions.
func (tx *Tx) RemoveKey(n int64) error {
	if err := tx.exec("DELETE FROM sessions WHERE access_key = ?", n); err != nil {
		return err
	}
	return tx.exec("DELETE FROM access_keys WHERE n = ?", n)
}

// UsedKey saves when a key was last used.
func (tx *Tx) UsedKey(n int64, at time.Time) error {
	return tx.exec("UPDATE access_keys SET used = max(coalesce(used, 0), ?) WHERE n = ?", at.UnixMicro(), n)
}

func joinScopes(scopes []account.Scope) string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, " ")
}
