package demo

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// DefaultRate is the default of SiteOptions.Rate, in events a second.
const DefaultRate = 3.0

// MinRate and MaxRate bound SiteOptions.Rate, in events a second. A demo isn't a load generator.
const (
	MinRate = 0.01
	MaxRate = 1000.0
)

// SiteOptions tune a Site. The zero value works.
type SiteOptions struct {
	// Rate is the average of events a second, between MinRate and MaxRate; zero means DefaultRate. Some
	// twenty people are enrolled. Far above the default rate, all of them are busy, and more of the faces
	// are unknown.
	Rate float64
}

// Site makes the endless story of a place with cameras. It does no I/O and knows no clock: times are since
// the beginning of the story. It isn't safe for concurrent use.
type Site struct {
	rng  *rand.Rand
	rate float64
	cast []*person

	agenda  agenda        // planned steps, soonest first
	planned int           // the number of steps so far, which orders those of the same time
	arrives time.Duration // when the next scene begins
	deck    []scene
	tracks  int
	counts  map[string]*lineCount
}

type lineCount struct{ in, out int }

// NewSite returns a Site. The same seed and options always tell the same story.
func NewSite(seed uint64, opts SiteOptions) *Site {
	rate := opts.Rate
	if !(rate > 0) { // the negation catches NaN as well
		rate = DefaultRate
	}
	return &Site{
		rng:    rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)),
		rate:   min(max(rate, MinRate), MaxRate),
		cast:   newCast(),
		counts: make(map[string]*lineCount),
	}
}

// Rate returns the average of events a second in the long run.
func (s *Site) Rate() float64 { return s.rate }

// Next returns the next step. The story has no end.
func (s *Site) Next() Step {
	for len(s.agenda) == 0 || s.agenda[0].At > s.arrives {
		s.beginScene()
	}
	step := heap.Pop(&s.agenda).(planned).Step
	// Counts follow the order of the events, not that in which they were planned.
	if crossed, ok := step.Event.Data.(lineCrossed); ok {
		step.Event.Data = s.count(crossed)
	}
	return step
}

func (s *Site) count(crossed lineCrossed) lineCrossed {
	c := s.counts[crossed.Line]
	if c == nil {
		c = &lineCount{}
		s.counts[crossed.Line] = c
	}
	if crossed.Direction == "in" {
		c.in++
	} else {
		c.out++
	}
	crossed.CountIn, crossed.CountOut = c.in, c.out
	return crossed
}

// beginScene plans one scene, and sets the beginning of the next one: later after a scene with many
// events, so that the average rate is right.
func (s *Site) beginScene() {
	if len(s.deck) == 0 {
		s.deck = newDeck()
		s.rng.Shuffle(len(s.deck), func(i, j int) { s.deck[i], s.deck[j] = s.deck[j], s.deck[i] })
	}
	next := s.deck[len(s.deck)-1]
	s.deck = s.deck[:len(s.deck)-1]

	before := s.planned
	next(s, s.arrives)
	seconds := float64(s.planned-before) / s.rate * (0.4 + 0.6*s.rng.ExpFloat64()) // the factor's mean is 1
	s.arrives += time.Duration(seconds * float64(time.Second))
}

func (s *Site) plan(at time.Duration, ev Event) {
	s.planned++
	heap.Push(&s.agenda, planned{Step: Step{At: at.Truncate(time.Millisecond), Event: ev}, order: s.planned})
}

// between draws a duration from low to high.
func (s *Site) between(low, high time.Duration) time.Duration {
	return low + time.Duration(s.rng.Int64N(int64(high-low)))
}

// score draws a number from low to high with two decimals, as the engine's modules report them.
func (s *Site) score(low, high float64) float64 {
	return round(low+(high-low)*s.rng.Float64(), 2)
}

func (s *Site) chance(p float64) bool { return s.rng.Float64() < p }

func pick[T any](s *Site, from []T) T { return from[s.rng.IntN(len(from))] }

func round(x float64, decimals int) float64 {
	unit := math.Pow10(decimals)
	return math.Round(x*unit) / unit
}

type planned struct {
	Step
	order int
}

// agenda is a heap of planned steps by time, then by the order in which they were planned.
type agenda []planned

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	if a[i].At != a[j].At {
		return a[i].At < a[j].At
	}
	return a[i].order < a[j].order
}
func (a *agenda) Push(x any) { *a = append(*a, x.(planned)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
