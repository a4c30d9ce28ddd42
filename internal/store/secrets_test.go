package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/secretbox"
)

// otherKey is a key that nothing in the tests was encrypted with.
var otherKey = bytes.Repeat([]byte{7}, secretbox.KeyBytes)

// wantNowhere checks that no file in the data folder holds the text.
func wantNowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if found := whereIs(t, dir, text); len(found) > 0 {
			t.Errorf("%q stands in %v", text, found)
		}
	}
}

func whereIs(t *testing.T, dir, text string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) || bytes.Contains(b, []byte(base64.StdEncoding.EncodeToString([]byte(text)))) {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestSecretsAreNotInTheFilesAsTheyAre(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	secrets := []string{"whsec_first-of-a", "whsec_second-of-a", "whsec_only-of-b", "whsec_third-of-a"}
	a := &deliveries.EndpointRecord{
		Endpoint: delivery.Endpoint{ID: "wh_a", CreatedAt: start, UpdatedAt: start},
		Secrets:  signedWith(secrets[0]),
	}
	b := &deliveries.EndpointRecord{
		Endpoint: delivery.Endpoint{ID: "wh_b", CreatedAt: start, UpdatedAt: start},
		Secrets:  signedWith(secrets[2]),
	}
	for _, e := range []*deliveries.EndpointRecord{a, b} {
		if err := j.Deliveries.CreateEndpoint(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	wantNowhere(t, dirOf(j), secrets...)
	a.Secrets = []delivery.Secret{
		{ID: "sec_3", Text: secrets[3], Form: "raw"},
		{ID: "sec_2", Text: secrets[1], Form: "base64", Until: start.Add(time.Hour)},
		{ID: "sec_1", Text: secrets[0], Until: start.Add(time.Minute)},
	}
	if err := j.Deliveries.UpdateEndpoint(ctx, a); err != nil {
		t.Fatal(err)
	}
	if found := whereIs(t, dirOf(j), "wh_a"); !slices.Contains(found, database.FileName+"-wal") {
		t.Fatalf("the endpoint's id stands in %v: the search finds nothing", found)
	}
	wantNowhere(t, dirOf(j), secrets...)
	fileBytes(t, j) // everything is in the file now
	if found := whereIs(t, dirOf(j), "wh_a"); !slices.Contains(found, database.FileName) {
		t.Fatalf("the endpoint's id stands in %v: the search finds nothing", found)
	}
	wantNowhere(t, dirOf(j), secrets...)
	j = reopen(t, j)
	wantNowhere(t, dirOf(j), secrets...)
	if got := stored(t, j.Deliveries, "wh_a"); !reflect.DeepEqual(got.Secrets, a.Secrets) {
		t.Errorf("the secrets came back as %+v", got.Secrets)
	}
	if got := stored(t, j.Deliveries, "wh_b"); !reflect.DeepEqual(got.Secrets, b.Secrets) {
		t.Errorf("the other's came back as %+v", got.Secrets)
	}
	// Once the overlap has ended, there is one again.
	a.Secrets = a.Secrets[:1]
	if err := j.Deliveries.UpdateEndpoint(ctx, a); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, j.Deliveries, "wh_a"); !reflect.DeepEqual(got.Secrets, a.Secrets) {
		t.Errorf("after the overlap: %+v", got.Secrets)
	}
}

func TestASecretThatWasMovedToAnotherEndpointIsRefused(t *testing.T) {
	t.Parallel()
	j := open(t)
	endpoint(t, j.Deliveries, "wh_a")
	endpoint(t, j.Deliveries, "wh_b")
	if _, err := j.DB.Exec(context.Background(),
		"UPDATE endpoints SET secrets = (SELECT secrets FROM endpoints WHERE id = 'wh_a') WHERE id = 'wh_b'"); err != nil {
		t.Fatal(err)
	}
	_, err := j.Deliveries.Endpoints(context.Background())
	if !errors.Is(err, secretbox.ErrKey) || !strings.Contains(err.Error(), "wh_b") {
		t.Errorf("Endpoints: %v, want one that names wh_b", err)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{Key: fixtureKey})
	endpoint(t, j.Deliveries, "wh_a")
	closeStore(t, j)
	for range 2 {
		_, err := Open(context.Background(), dir, Options{Key: otherKey})
		if !errors.Is(err, secretbox.ErrKey) {
			t.Fatalf("Open: %v, want secretbox.ErrKey", err)
		}
		for _, word := range []string{"put that key back", "secret.key in the data folder", "POSTERN_KEY", dir} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q doesn't say %q", err, word)
			}
		}
	}
	if _, err := Open(context.Background(), dir, Options{Key: fixtureKey[1:]}); !errors.Is(err, secretbox.ErrKey) ||
		!strings.Contains(err.Error(), "31 bytes, not 32") {
		t.Errorf("Open with a short key: %v", err)
	}
	if got := stored(t, openAt(t, dir, Options{Key: fixtureKey}).Deliveries, "wh_a"); got == nil || newestSecret(got) != "whsec_wh_a" {
		t.Errorf("with its own key: %+v", got)
	}
}

func TestAStoreWithoutItsKeyMakesNoOther(t *testing.T) {
	// A new file in the lost one's place would look like the right one.
	t.Parallel()
	j := open(t)
	endpoint(t, j.Deliveries, "wh_a")
	closeStore(t, j)
	path := filepath.Join(dirOf(j), secretbox.KeyFile)
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), dirOf(j), Options{})
	if !errors.Is(err, secretbox.ErrKey) {
		t.Fatalf("Open: %v, want secretbox.ErrKey", err)
	}
	for _, word := range []string{"missing", "put it back", path, "POSTERN_KEY"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q doesn't say %q", err, word)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was made: %v", err)
	}
	parsed, err := secretbox.ParseKey(string(key))
	if err != nil {
		t.Fatal(err)
	}
	j = openAt(t, dirOf(j), Options{Key: parsed})
	if got := stored(t, j.Deliveries, "wh_a"); newestSecret(got) != "whsec_wh_a" {
		t.Errorf("with the key given: %+v", got)
	}
	closeStore(t, j)
	write(t, path, string(key))
	openAt(t, dirOf(j), Options{})
}

func TestTheKeyIsMadeOnceAndForItsOwner(t *testing.T) {
	t.Parallel()
	j := open(t)
	path := filepath.Join(dirOf(j), secretbox.KeyFile)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the key's file has mode %s, %v", info.Mode(), err)
	}
	if key, err := secretbox.ParseKey(string(before)); err != nil || bytes.Equal(key, make([]byte, secretbox.KeyBytes)) {
		t.Errorf("the key's file holds %q, %v", before, err)
	}
	endpoint(t, j.Deliveries, "wh_a")
	j = reopen(t, j)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("opening again changed the key: %v", err)
	}
	if got := stored(t, j.Deliveries, "wh_a"); newestSecret(got) != "whsec_wh_a" {
		t.Errorf("got %+v", got)
	}
	other, err := os.ReadFile(filepath.Join(dirOf(open(t)), secretbox.KeyFile))
	if err != nil || bytes.Equal(before, other) {
		t.Errorf("two stores have the same key, %v", err)
	}
}

func TestAGivenKeyIsKeptNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openAt(t, dir, Options{Key: fixtureKey})
	endpoint(t, j.Deliveries, "wh_a")
	fileBytes(t, j)
	wantNowhere(t, dir, string(fixtureKey))
	if _, err := os.Stat(filepath.Join(dir, secretbox.KeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key's file was made: %v", err)
	}
	// A given key counts, even if a key file exists.
	closeStore(t, j)
	write(t, filepath.Join(dir, secretbox.KeyFile), "damaged")
	openAt(t, dir, Options{Key: fixtureKey})
}

func TestADamagedKeyFileIsSaidToBe(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "blank": "\n", "no base64": "this is no key!", "short": base64.StdEncoding.EncodeToString(fixtureKey[1:]),
		"long": base64.StdEncoding.EncodeToString(append([]byte{0}, fixtureKey...)), "cut": base64.StdEncoding.EncodeToString(fixtureKey)[:40],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			path := filepath.Join(dirOf(j), secretbox.KeyFile)
			closeStore(t, j)
			write(t, path, text)
			_, err := Open(context.Background(), dirOf(j), Options{})
			if !errors.Is(err, secretbox.ErrKey) {
				t.Fatalf("Open: %v, want secretbox.ErrKey", err)
			}
			for _, word := range []string{path, "damaged", "32 bytes in base64", "backup"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q doesn't say %q", err, word)
				}
			}
			if text != "" && strings.TrimSpace(text) != "" && strings.Contains(err.Error(), text) {
				t.Errorf("the error repeats the key: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != text {
				t.Errorf("the file became %q, %v", after, err)
			}
		})
	}
}

func TestARemovedEndpointsSecretsAreGone(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := context.Background()
	e, other := endpoint(t, j.Deliveries, "wh_a"), endpoint(t, j.Deliveries, "wh_b")
	e.Secrets = append(e.Secrets, delivery.Secret{ID: "sec_b", Text: "whsec_before", Until: start.Add(time.Hour)},
		delivery.Secret{ID: "sec_a", Text: "whsec_at-first", Until: start.Add(time.Minute)})
	if err := j.Deliveries.UpdateEndpoint(ctx, e); err != nil {
		t.Fatal(err)
	}
	fileBytes(t, j)
	sealed := sealedSecrets(t, j.DB, e.N)
	if len(sealed) != 3 {
		t.Fatalf("%d secrets are stored", len(sealed))
	}
	for _, one := range sealed {
		if len(whereIs(t, dirOf(j), one)) == 0 {
			t.Fatal("what is stored isn't found in the file: the search finds nothing")
		}
	}
	if err := j.Deliveries.RemoveEndpoint(ctx, e.N, removal); err != nil {
		t.Fatal(err)
	}
	if left := sealedSecrets(t, j.DB, e.N); len(left) != 0 {
		t.Errorf("its row still has %q", left)
	}
	fileBytes(t, j)
	wantNowhere(t, dirOf(j), sealed...)
	if got := stored(t, j.Deliveries, "wh_b"); newestSecret(got) != newestSecret(other) {
		t.Errorf("another endpoint's secret became %+v", got)
	}
}

func TestRemovedEventsLeaveNothingInTheFile(t *testing.T) {
	t.Parallel()
	clock := newClock()
	j := openAt(t, t.TempDir(), Options{Now: clock.Now, Retain: time.Hour})
	for i := range 50 { // whole pages, and parts of them
		add(t, j, made(withData(fmt.Sprintf(`{"label":"Somebody-%d","more":%q}`, i, strings.Repeat("x", 500)))))
	}
	clock.Advance(2 * time.Hour)
	add(t, j, made())
	fileBytes(t, j)
	if len(whereIs(t, dirOf(j), "Somebody-")) == 0 {
		t.Fatal("the events aren't found in the file: the search finds nothing")
	}
	retain(t, j)
	fileBytes(t, j)
	wantNowhere(t, dirOf(j), "Somebody-")
}
