package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
	"postern/internal/store/legalhold"
	"postern/internal/store/requests"
)

// named is a request whose answer shows the object made.
func named(j *Store, owner, name string) *requests.Request {
	return &requests.Request{
		Owner: owner, Route: "POST /x", Name: name, Digest: j.Secrets.RequestDigest([]byte(name)),
		Answer: func(made any) (int, []byte, error) {
			switch made := made.(type) {
			case *delivery.Endpoint:
				return 200, []byte(made.ID + " " + made.URL), nil
			case *delivery.Replay:
				return 202, []byte(made.ID), nil
			case *legalhold.Hold:
				return 200, []byte(made.ID + " " + made.Reason), nil
			case int:
				return 202, fmt.Append(nil, made), nil
			}
			return 0, nil, fmt.Errorf("a %T was made", made)
		},
	}
}

func answered(t testing.TB, j *Store, owner, name string) requests.Answer {
	t.Helper()
	a, err := j.Requests.Answer(context.Background(), owner, "POST /x", name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func forgotten(t testing.TB, j *Store, owner, name string) {
	t.Helper()
	if a, err := j.Requests.Answer(context.Background(), owner, "POST /x", name); !errors.Is(err, requests.ErrNotFound) {
		t.Errorf("%s of %s got %q, %v", name, owner, a.Body, err)
	}
}

// namedChanges are the changes that store their requests, each with a function
// that counts how often the change was made.
var namedChanges = map[string]struct {
	make  func(ctx context.Context, j *Store, here *deliveries.EndpointRecord) error
	count string
}{
	"an endpoint": {func(ctx context.Context, j *Store, _ *deliveries.EndpointRecord) error {
		return j.Deliveries.CreateEndpoint(ctx, &deliveries.EndpointRecord{
			Endpoint: delivery.Endpoint{ID: "wh_new", URL: "https://example.com/new", CreatedAt: start, UpdatedAt: start},
			Secrets:  signedWith("whsec_not_to_be_told"),
		})
	}, "SELECT count(*) FROM endpoints WHERE id = 'wh_new'"},
	"another secret": {func(ctx context.Context, j *Store, here *deliveries.EndpointRecord) error {
		changed := *here
		changed.Secrets, changed.UpdatedAt = signedWith("whsec_not_to_be_told"), start.Add(time.Hour)
		return j.Deliveries.UpdateEndpoint(ctx, &changed)
	}, fmt.Sprintf("SELECT count(*) FROM endpoints WHERE updated = %d", start.Add(time.Hour).UnixMicro())},
	"a replay": {func(ctx context.Context, j *Store, here *deliveries.EndpointRecord) error {
		replay := &delivery.Replay{ID: "rp_new", Endpoint: here.N, Through: 1, CreatedAt: start}
		return j.Deliveries.CreateReplays(ctx, replay.ID, replay, replay)
	}, "SELECT count(*) FROM replays"},
	"a hold": {func(ctx context.Context, j *Store, _ *deliveries.EndpointRecord) error {
		return j.Holds.Create(ctx, &legalhold.Hold{Reason: "whsec_not_to_be_told", Identity: "person/77"})
	}, "SELECT count(*) FROM holds"},
	"a resend": {func(ctx context.Context, j *Store, here *deliveries.EndpointRecord) error {
		return j.Deliveries.Settle(ctx, &deliveries.Settlement{Endpoint: here.N, Put: []delivery.Pending{{Seq: 1, Due: start}},
			Requests: []deliveries.SettledRequest{{Request: requests.Of(ctx), Resent: 1}}})
	}, "SELECT count(*) FROM pending"},
}

// A change and the request that asked for it are kept together or not at all:
// the file as a crash leaves it, right after the commit, has both.
func TestARequestIsRememberedInTheCommitOfItsChange(t *testing.T) {
	t.Parallel()
	for what, change := range namedChanges {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			j := open(t)
			add(t, j, made())
			here := endpoint(t, j.Deliveries, "wh_here")
			r := named(j, "key 1", "a")
			if err := change.make(requests.With(context.Background(), r), j, here); err != nil {
				t.Fatal(err)
			}
			if !r.Remembered() {
				t.Error("the request doesn't know that it is remembered")
			}
			crashed := t.TempDir()
			if err := os.CopyFS(crashed, os.DirFS(dirOf(j))); err != nil {
				t.Fatal(err)
			}
			want := answered(t, j, "key 1", "a")
			if len(want.Body) == 0 || !bytes.Equal(want.Digest, r.Digest) {
				t.Errorf("the answer is %+v", want)
			}
			after := openAt(t, crashed, Options{})
			if got := answered(t, after, "key 1", "a"); got.Status != want.Status || !bytes.Equal(got.Body, want.Body) ||
				!bytes.Equal(got.Digest, want.Digest) {
				t.Errorf("after a crash the answer is %+v, want %+v", got, want)
			}
			if n := queried(t, after, change.count); n != 1 {
				t.Errorf("it was made %d times", n)
			}
			for _, file := range []string{database.FileName, database.FileName + "-wal"} {
				content, err := os.ReadFile(filepath.Join(crashed, file))
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				if bytes.Contains(content, []byte("not_to_be_told")) {
					t.Errorf("%s has a secret in it", file)
				}
			}
		})
		t.Run(what+" without an answer", func(t *testing.T) {
			t.Parallel()
			j := open(t)
			add(t, j, made())
			here := endpoint(t, j.Deliveries, "wh_here")
			r := named(j, "key 1", "a")
			failing := errors.New("no answer")
			r.Answer = func(any) (int, []byte, error) { return 0, nil, failing }
			if err := change.make(requests.With(context.Background(), r), j, here); !errors.Is(err, failing) {
				t.Errorf("the error is %v", err)
			}
			forgotten(t, j, "key 1", "a")
			if n := queried(t, j, change.count); n != 0 {
				t.Errorf("it was made %d times", n)
			}
		})
	}
}

// A change that was refused isn't remembered, and so may be asked for again.
func TestARefusedChangeIsNotRemembered(t *testing.T) {
	t.Parallel()
	j := open(t)
	ctx := requests.With(context.Background(), named(j, "key 1", "a"))
	replay := &delivery.Replay{ID: "rp_new", Endpoint: 7, CreatedAt: start}
	if err := j.Deliveries.CreateReplays(ctx, replay.ID, replay, replay); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("%v", err)
	}
	unknown := &deliveries.EndpointRecord{Endpoint: delivery.Endpoint{N: 7}}
	if err := j.Deliveries.UpdateEndpoint(ctx, unknown); !errors.Is(err, deliveries.ErrNoEndpoint) {
		t.Errorf("%v", err)
	}
	settlement := &deliveries.Settlement{Endpoint: 7, Requests: []deliveries.SettledRequest{{Request: requests.Of(ctx), Resent: 1}}}
	if err := j.Deliveries.Settle(ctx, settlement); err != nil {
		t.Error(err)
	}
	for range legalhold.MaxHolds {
		hold(t, j, &legalhold.Hold{Filter: event.Filter{Cameras: []string{"a"}}})
	}
	if err := j.Holds.Create(ctx, &legalhold.Hold{Reason: "one too many"}); !errors.Is(err, legalhold.ErrTooMany) {
		t.Errorf("%v", err)
	}
	forgotten(t, j, "key 1", "a")
}

func queried(t testing.TB, j *Store, query string) (n int) {
	t.Helper()
	if err := j.reader.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A person whom a hold names must not remain in the stored answer to the
// request for that hold.
func TestTheAnswerOfAHoldGoesWithTheHold(t *testing.T) {
	t.Parallel()
	j := open(t)
	h := &legalhold.Hold{Reason: "case 12", Identity: "person/77"}
	if err := j.Holds.Create(requests.With(context.Background(), named(j, "key 1", "a")), h); err != nil {
		t.Fatal(err)
	}
	if a := answered(t, j, "key 1", "a"); !strings.HasPrefix(string(a.Body), h.ID) {
		t.Errorf("the answer is %s", a.Body)
	}
	if err := j.Holds.Release(context.Background(), h.ID); err != nil {
		t.Fatal(err)
	}
	retain(t, j)
	if a := answered(t, j, "key 1", "a"); a.Body != nil || len(a.Digest) == 0 {
		t.Errorf("the answer is %q", a.Body)
	}
}
