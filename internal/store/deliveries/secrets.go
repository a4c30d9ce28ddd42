package deliveries

import (
	"context"
	"encoding/json"
	"fmt"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/secretbox"
)

// storedSecret is an EndpointSecret as its row holds it.
type storedSecret struct {
	ID     string `json:"id"`
	Sealed string `json:"sealed"`
	Form   string `json:"form,omitempty"`
	Until  int64  `json:"until,omitempty"` // microseconds
}

// encryptSecrets encrypts an endpoint's secrets for its row.
func encryptSecrets(box *secretbox.Box, secrets delivery.Secrets, endpoint string) (string, error) {
	stored := make([]storedSecret, len(secrets))
	for i, one := range secrets {
		stored[i] = storedSecret{ID: one.ID, Sealed: box.Encrypt(one.Text, endpoint), Form: string(one.Form)}
		if !one.Until.IsZero() {
			stored[i].Until = one.Until.UnixMicro()
		}
	}
	text, err := json.Marshal(stored)
	if err != nil {
		return "", fmt.Errorf("encode the secrets of %s: %w", endpoint, err)
	}
	return string(text), nil
}

// decryptSecrets is the inverse of encryptSecrets.
func decryptSecrets(box *secretbox.Box, text, endpoint string) (delivery.Secrets, error) {
	var stored []storedSecret
	// The error of json isn't included: it may repeat the text.
	if json.Unmarshal([]byte(text), &stored) != nil {
		return nil, fmt.Errorf("read the secrets of %s: they are damaged", endpoint)
	}
	var secrets delivery.Secrets
	for _, one := range stored {
		plain, err := box.Decrypt(one.Sealed, endpoint)
		if err != nil {
			return nil, fmt.Errorf("read a secret of %s: %w", endpoint, err)
		}
		secret := delivery.Secret{ID: one.ID, Text: plain, Form: delivery.KeyForm(one.Form)}
		if one.Until != 0 {
			secret.Until = event.FromMicro(one.Until)
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// CheckSecrets returns an error if the box can't decrypt the secrets of every
// endpoint.
func CheckSecrets(ctx context.Context, q database.Querier, box *secretbox.Box) error {
	rows, err := q.QueryContext(ctx, "SELECT id, secrets FROM endpoints")
	if err != nil {
		return err
	}
	_, err = database.Collect(rows, func(row database.Row) (_ struct{}, err error) {
		var id, secrets string
		if err = row.Scan(&id, &secrets); err == nil {
			_, err = decryptSecrets(box, secrets, id)
		}
		return struct{}{}, err
	})
	return err
}
