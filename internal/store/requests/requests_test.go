package requests_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"postern/internal/eventtest"
	"postern/internal/fullrun"
	"postern/internal/store"
	"postern/internal/store/requests"
)

// open opens a store and closes it with the test.
func open(t testing.TB, dir string, opts store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// remember stores a request with an answer.
func remember(t testing.TB, s *store.Store, owner, name string, body []byte) {
	t.Helper()
	r := &requests.Request{Owner: owner, Route: "POST /x", Name: name, Digest: s.Secrets.RequestDigest([]byte(name))}
	if err := s.Requests.Remember(context.Background(), r, 200, body); err != nil {
		t.Fatal(err)
	}
}

func answered(t testing.TB, s *store.Store, owner, name string) requests.Answer {
	t.Helper()
	a, err := s.Requests.Answer(context.Background(), owner, "POST /x", name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func forgotten(t testing.TB, s *store.Store, owner, name string) {
	t.Helper()
	if a, err := s.Requests.Answer(context.Background(), owner, "POST /x", name); !errors.Is(err, requests.ErrNotFound) {
		t.Errorf("%s of %s got %q, %v", name, owner, a.Body, err)
	}
}

func queried(t testing.TB, s *store.Store, query string) (n int) {
	t.Helper()
	if err := s.DB.Reader().QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func retain(t testing.TB, s *store.Store) {
	t.Helper()
	if _, err := s.Retain(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestStore_RemembersRequestsForADay(t *testing.T) {
	t.Parallel()
	clock := eventtest.NewClock()
	dir := t.TempDir()
	s := open(t, dir, store.Options{Now: clock.Now})
	remember(t, s, "key 1", "first", []byte("first"))
	clock.Advance(requests.MaxAge - time.Second)
	remember(t, s, "key 1", "second", []byte("second"))
	retain(t, s)
	answered(t, s, "key 1", "first")
	clock.Advance(time.Second)
	forgotten(t, s, "key 1", "first") // before and after retention has removed it
	retain(t, s)
	if n := queried(t, s, "SELECT count(*) FROM requests"); n != 1 {
		t.Errorf("%d are kept", n)
	}
	// A name may be used again once its time is over.
	remember(t, s, "key 1", "first", []byte("first"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if a := answered(t, open(t, dir, store.Options{Now: clock.Now}), "key 1", "first"); string(a.Body) != "first" {
		t.Errorf("the answer is %s", a.Body)
	}
}

func TestStore_BoundsRequestsOfEachOwner(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := open(t, t.TempDir(), store.Options{})
	remember(t, s, "key 2", "0", []byte("theirs"))
	for i := range requests.MaxCount + 1 {
		remember(t, s, "key 1", fmt.Sprint(i), []byte("mine"))
	}
	forgotten(t, s, "key 1", "0")
	for _, i := range []int{1, 2, requests.MaxCount} {
		answered(t, s, "key 1", fmt.Sprint(i))
	}
	if a := answered(t, s, "key 2", "0"); string(a.Body) != "theirs" {
		t.Errorf("one owner drove out another's: %s", a.Body)
	}
	forgotten(t, s, "key 3", "1") // another's name
	large := bytes.Repeat([]byte("x"), 1<<20)
	for i := range 10 {
		remember(t, s, "key 1", fmt.Sprint("large ", i), large)
	}
	if n := queried(t, s, "SELECT sum(length(answer)) FROM requests WHERE owner = 'key 1'"); n > requests.MaxBytes {
		t.Errorf("the answers take %d bytes", n)
	}
	answered(t, s, "key 1", "large 9")
}

func TestRequestDigest_DiffersByEveryPart(t *testing.T) {
	fullrun.Only(t)
	t.Parallel()
	s := open(t, t.TempDir(), store.Options{})
	seen := map[string]string{}
	for _, parts := range [][]string{{"POST", "/a", "{}"}, {"POST", "/a", "{} "}, {"POST", "/b", "{}"}, {"POST/", "a", "{}"},
		{"POST", "/a{}", ""}, {"PUT", "/a", "{}"}, {"POST", "/A", "{}"}} {
		var b [][]byte
		for _, p := range parts {
			b = append(b, []byte(p))
		}
		d := string(s.Secrets.RequestDigest(b...))
		if before, twice := seen[d]; twice {
			t.Errorf("%q and %s have one digest", parts, before)
		}
		seen[d] = fmt.Sprint(parts)
		if other := open(t, t.TempDir(), store.Options{}); string(other.Secrets.RequestDigest(b...)) == d {
			t.Error("the digest needs no key")
		}
	}
}
