package access

import "github.com/hashicorp/golang-lru/v2/simplelru"

// lru is a map of limited size that forgets the entry that was used longest
// ago. It isn't safe for concurrent use.
type lru[K comparable, V any] struct{ *simplelru.LRU[K, *V] }

func newLRU[K comparable, V any](size int) lru[K, V] {
	cache, err := simplelru.NewLRU[K, *V](size, nil)
	if err != nil {
		panic(err) // the size isn't positive
	}
	return lru[K, V]{cache}
}

// getOrAdd returns the entry of a key. If there is none, it adds the one that
// newValue returns.
func (l lru[K, V]) getOrAdd(key K, newValue func() V) *V {
	if v, ok := l.Get(key); ok {
		return v
	}
	v := newValue()
	l.Add(key, &v)
	return &v
}
