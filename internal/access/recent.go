package access

import "container/list"

// recent is a map that forgets what was asked for longest ago once it has
// more than max entries. It isn't safe for concurrent use.
type recent[K comparable, V any] struct {
	max   int
	order *list.List // of recentEntry[K, V]; the newest first
	at    map[K]*list.Element
}

type recentEntry[K comparable, V any] struct {
	key   K
	value *V
}

func newRecent[K comparable, V any](capacity int) *recent[K, V] {
	return &recent[K, V]{max: capacity, order: list.New(), at: map[K]*list.Element{}}
}

// get returns the entry of a key, which create makes if there is none.
func (r *recent[K, V]) get(key K, create func() V) *V {
	if v := r.peek(key); v != nil {
		return v
	}
	if r.order.Len() >= r.max {
		oldest := r.order.Back()
		delete(r.at, oldest.Value.(recentEntry[K, V]).key)
		r.order.Remove(oldest)
	}
	v := create()
	r.at[key] = r.order.PushFront(recentEntry[K, V]{key, &v})
	return &v
}

// peek returns the entry of a key; nil where there is none.
func (r *recent[K, V]) peek(key K) *V {
	element, ok := r.at[key]
	if !ok {
		return nil
	}
	r.order.MoveToFront(element)
	return element.Value.(recentEntry[K, V]).value
}

func (r *recent[K, V]) remove(key K) {
	if element, ok := r.at[key]; ok {
		delete(r.at, key)
		r.order.Remove(element)
	}
}
