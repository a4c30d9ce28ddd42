package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/secretbox"
)

// keyWord is what key_check holds, encrypted for keyPlace.
const keyPlace, keyWord = "key_check", "postern"

// unlock takes the key and makes sure that it is the right one.
func (s *Store) unlock(ctx context.Context) error {
	s.DB.Lock()
	defer s.DB.Unlock()
	var check string
	err := s.reader.QueryRowContext(ctx, "SELECT value FROM key_check").Scan(&check)
	noCheck := errors.Is(err, sql.ErrNoRows)
	if err != nil && !noCheck {
		return fmt.Errorf("check key: %w", err)
	}
	key := s.opts.Key
	if key == nil {
		// A new key where there was one would only hide that it is lost.
		if key, err = secretbox.LoadKey(s.DB.Dir(), noCheck); err != nil {
			return err
		}
	}
	if s.Secrets, err = secretbox.New(key); err != nil {
		return err
	}
	s.Alerts.Secrets, s.Silences.Secrets = s.Secrets, s.Secrets
	if noCheck {
		return s.adoptKey(ctx)
	}
	if word, err := s.Secrets.Decrypt(check, keyPlace); err != nil || word != keyWord {
		return fmt.Errorf("%w: its secrets were encrypted with another one; put that key back (%s in the data folder, or POSTERN_KEY)",
			secretbox.ErrKey, secretbox.KeyFile)
	}
	return nil
}

// adoptKey notes which key encrypts the secrets of a store that doesn't say so: a
// new store, or one of which a salvage has lost the note. There the key must
// decrypt the secrets. The caller holds the write lock.
func (s *Store) adoptKey(ctx context.Context) error {
	err := s.DB.Commit(ctx, func(tx *database.Tx) error {
		if err := deliveries.CheckSecrets(ctx, tx, s.Secrets); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO key_check VALUES (?)", s.Secrets.Encrypt(keyWord, keyPlace))
		return err
	})
	if err != nil {
		return fmt.Errorf("check key: %w", err)
	}
	return nil
}
