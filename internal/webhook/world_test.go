package webhook

import (
	"context"
	"slices"
	"sync"
	"time"

	"postern/internal/webhook/worker"

	"postern/internal/webhook/send"

	"postern/internal/delivery"
	"postern/internal/event"
	"postern/internal/store/deliveries"
)

// world stands in for every receiver on simulated time: its senders post to
// nothing, take as long as they are told to, and note what was sent.
type world struct {
	mu        sync.Mutex
	receivers map[string]*receiver // by URL
	hold      chan struct{}        // until it is closed no sender is made
}

// receiver is what one URL does and what it has got.
type receiver struct {
	// answer decides what becomes of a post; nil means 200 at once. It is
	// called under the world's lock.
	answer func(p post) answer

	posts    []post
	nth      map[int64]int // posts of an event, by its number
	inFlight int
	most     int // that were in flight at once
}

// post is one request that a receiver got.
type post struct {
	at          time.Time
	seq         int64
	id          string
	kind        event.Type
	secret      string
	nth         int // of this event at this receiver, from 1
	status      int
	ended       time.Time
	interrupted bool
	replay      bool
	suppressed  int
}

// answer is what a receiver does with a post. The zero one is a 200 at once.
type answer struct {
	status int // zero means 200
	class  delivery.Class
	after  time.Duration
	retry  time.Duration // Retry-After
}

// never is an answer that doesn't come within the time limit.
var never = answer{after: time.Hour}

func newWorld() *world { return &world{receivers: make(map[string]*receiver)} }

func (w *world) at(url string) *receiver {
	r := w.receivers[url]
	if r == nil {
		r = &receiver{nth: make(map[int64]int)}
		w.receivers[url] = r
	}
	return r
}

// answers sets what a receiver does from now on.
func (w *world) answers(url string, f func(p post) answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at(url).answer = f
}

// posts returns what a receiver has got, in the order it came.
func (w *world) posts(url string) []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.at(url).posts)
}

// most returns how many posts a receiver has had in flight at once.
func (w *world) most(url string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at(url).most
}

// delivered counts the posts that a receiver answered with success, by event.
func (w *world) delivered(url string) map[int64]int {
	count := make(map[int64]int)
	for _, p := range w.posts(url) {
		if p.status == 200 {
			count[p.seq]++
		}
	}
	return count
}

// holdSenders makes a worker that needs a sender wait for one, until the
// function that it returns is called.
func (w *world) holdSenders() (goOn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hold = make(chan struct{})
	return func() { close(w.hold) }
}

func (w *world) newSender(e *deliveries.EndpointRecord) (worker.Sender, error) {
	w.mu.Lock()
	hold := w.hold
	w.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return &fakeSender{world: w, url: e.URL, secret: newestOf(e)}, nil
}

type fakeSender struct {
	world       *world
	url, secret string
}

func (f *fakeSender) Close() {}

// Send behaves as send.Client.Send does: bounded in time, and interrupted when ctx
// ends.
func (f *fakeSender) Send(ctx context.Context, sent send.Request) send.Result {
	w, e := f.world, sent.Event
	r := send.Result{At: time.Now()}
	p := post{at: r.At, seq: e.Seq, replay: sent.Replay, suppressed: sent.Suppressed, id: e.ID, kind: e.Type, secret: f.secret}

	w.mu.Lock()
	to := w.at(f.url)
	to.nth[e.Seq]++
	p.nth = to.nth[e.Seq]
	var a answer
	if to.answer != nil {
		a = to.answer(p)
	}
	at := len(to.posts)
	to.posts = append(to.posts, p)
	to.inFlight++
	to.most = max(to.most, to.inFlight)
	w.mu.Unlock()

	wait := time.NewTimer(min(a.after, delivery.DefaultTimeout))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		r.Interrupted = true
	case <-wait.C:
		switch {
		case a.after > delivery.DefaultTimeout:
			r.Class = delivery.ClassTimeout
		case a.class != delivery.ClassNone:
			r.Class = a.class
		case a.status != 0 && a.status != 200:
			r.Class, r.Status, r.RetryAfter = delivery.ClassStatus, a.status, a.retry
		default:
			r.Status = 200
		}
	}
	r.Duration = time.Since(r.At)

	w.mu.Lock()
	defer w.mu.Unlock()
	to.inFlight--
	p = to.posts[at]
	p.status, p.ended, p.interrupted = r.Status, time.Now(), r.Interrupted
	to.posts[at] = p
	return r
}

// always answers every post alike.
func always(a answer) func(post) answer { return func(post) answer { return a } }

// status answers every post with a status.
func status(code int) func(post) answer { return always(answer{status: code}) }
