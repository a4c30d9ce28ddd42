package web

import (
	"regexp"
	"slices"
	"testing"
)

func TestTheOverviewNamesOpenAlertsAndShowsThemFirst(t *testing.T) {
	t.Parallel()
	s := startService(t)
	s.page("/").want(200).saysNot("open alert")
	s.raise("one", "two", "three", "four", "five", "six", "seven")
	acknowledge := func(id string) {
		t.Helper()
		s.post(apiPath+"/events/"+id+"/acknowledge", `{"by":"Alice"}`).want(200)
	}
	shown := func() (ids []string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`id="a-([a-z]+)"`).FindAllSubmatch(s.page("/").want(200).body, -1) {
			ids = append(ids, string(m[1]))
		}
		return ids
	}
	for _, id := range []string{"seven", "five"} {
		acknowledge(id)
	}
	s.page("/").want(200).says(`<a href="/monitor">5 open alerts</a>`, "Needs attention")
	if got, want := shown(), []string{"six", "four", "three", "two", "one"}; !slices.Equal(got, want) {
		t.Errorf("it shows %v, want %v", got, want)
	}
	for _, id := range []string{"four", "three", "one"} {
		acknowledge(id)
	}
	if got, want := shown(), []string{"six", "two", "seven", "five", "four"}; !slices.Equal(got, want) {
		t.Errorf("it shows %v, want %v", got, want)
	}
	for _, id := range []string{"six", "two"} {
		acknowledge(id)
	}
	s.page("/").want(200).says("All is well").saysNot("open alert")
}
