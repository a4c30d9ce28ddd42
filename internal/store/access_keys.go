package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/store/database"
)

// Key is a program's key as it is kept.
type Key struct {
	N         int64 // the row's own number, never used twice
	Name      string
	Hash      Hash
	Hint      string // the key's first letters, to tell it by
	Scopes    []string
	Cameras   []string // that it is good for; nil means all
	Producer  string   // whose events it posts
	Site      string   // the Postern whose events it forwards; empty for none
	CreatedAt time.Time
	ExpiresAt time.Time // zero means never
	UsedAt    time.Time // zero when it never was
}

const keyColumns = "n, name, hash, hint, scopes, cameras, created, expires, used, producer, site"

func scanKey(row database.Row) (*Key, error) {
	var k Key
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
	if k.Cameras, err = readNames(cameras); err != nil {
		return nil, err
	}
	k.Hash, k.Scopes = Hash(hash), strings.Fields(scopes)
	k.CreatedAt, k.ExpiresAt, k.UsedAt = event.FromMicro(created), moment(expires), moment(used)
	return &k, nil
}

func readKeys(ctx context.Context, q querier) ([]*Key, error) {
	return readAll(ctx, q, scanKey, "SELECT "+keyColumns+" FROM access_keys ORDER BY name")
}

// Keys returns every key, by name.
func (tx *AccessTx) Keys() ([]*Key, error) { return readKeys(tx.ctx, tx.conn) }

// AddKey keeps a new key and sets its N.
func (tx *AccessTx) AddKey(k *Key) error {
	cameras, err := names(k.Cameras)
	if err != nil {
		return err
	}
	result, err := tx.change("INSERT INTO access_keys (name, hash, hint, scopes, cameras, created, expires, producer, site) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		k.Name, k.Hash[:], k.Hint, strings.Join(k.Scopes, " "), cameras, k.CreatedAt.UnixMicro(), micros(k.ExpiresAt), k.Producer, k.Site)
	if err != nil {
		return err
	}
	k.N, err = result.LastInsertId()
	return err
}

// RemoveKey removes a key and its sessions.
func (tx *AccessTx) RemoveKey(n int64) error {
	if _, err := tx.change("DELETE FROM sessions WHERE access_key = ?", n); err != nil {
		return err
	}
	_, err := tx.change("DELETE FROM access_keys WHERE n = ?", n)
	return err
}

// UsedKey notes when a key was used last.
func (tx *AccessTx) UsedKey(n int64, at time.Time) error {
	return tx.exec("UPDATE access_keys SET used = max(coalesce(used, 0), ?) WHERE n = ?", at.UnixMicro(), n)
}
