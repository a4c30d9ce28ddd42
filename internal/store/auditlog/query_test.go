package auditlog

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestLog_Entries_lists_the_newest_first(t *testing.T) {
	t.Parallel()
	l, _ := audited(t, 10)
	for name, c := range map[string]struct {
		q    Query
		want []int64
	}{
		"all":                    {Query{Limit: 100}, []int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		"a page":                 {Query{Limit: 3}, []int64{10, 9, 8}},
		"the next page":          {Query{Limit: 3, Before: 8}, []int64{7, 6, 5}},
		"one actor":              {Query{Limit: 100, Actor: "person1"}, []int64{10, 7, 4}},
		"an action":              {Query{Limit: 100, Action: "webhook.add"}, []int64{10, 7, 4}},
		"a part of an action":    {Query{Limit: 100, Action: "webhook"}, nil},
		"a kind of action":       {Query{Limit: 100, Action: "webhook."}, []int64{10, 8, 7, 5, 4, 2}},
		"an actor and a kind":    {Query{Limit: 100, Actor: "Person2", Action: "webhook.", Before: 8}, []int64{5, 2}},
		"a pattern is just text": {Query{Limit: 100, Action: "%."}, nil},
		"from then on":           {Query{Limit: 100, Since: start.Add(8 * time.Minute)}, []int64{10, 9}},
		"until then":             {Query{Limit: 100, Until: start.Add(2 * time.Minute)}, []int64{2, 1}},
		"between, of one actor": {Query{Limit: 100, Actor: "Person1", Since: start.Add(4 * time.Minute),
			Until: start.Add(9 * time.Minute)}, []int64{7}},
		"an unknown actor":        {Query{Limit: 100, Actor: "nobody"}, nil},
		"quotes do no harm":       {Query{Limit: 100, Actor: `'; DROP TABLE audit; --`, Action: `".`}, nil},
		"a page before the first": {Query{Limit: 100, Before: 1}, nil},
	} {
		entries, err := l.Entries(context.Background(), c.q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []int64
		for _, e := range entries {
			got = append(got, e.N)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
