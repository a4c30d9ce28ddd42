package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"postern/internal/event"
	"postern/internal/fullrun"
)

// unmarshal reads JSON by encoding/json, numbers as they are written.
func unmarshal(t testing.TB, text string) map[string]any {
	t.Helper()
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("encoding/json on %s: %v", text, err)
	}
	return m
}

// naiveMatch is what Conditions.Match must say, on Go's own values.
func naiveMatch(conditions, data map[string]any) bool {
	for path, tests := range conditions {
		have, found := naiveFind(data, path)
		ops, many := tests.(map[string]any)
		if !many {
			ops = map[string]any{"=": tests}
		}
		for op, want := range ops {
			if !naiveTest(op, have, found, want) {
				return false
			}
		}
	}
	return true
}

func naiveFind(data map[string]any, path string) (any, bool) {
	first, rest, deeper := strings.Cut(path, ".")
	value, found := data[first]
	if !deeper || !found {
		return value, found
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return naiveFind(inner, rest)
}

func naiveTest(op string, have any, found bool, want any) bool {
	switch {
	case op == "exists":
		return found == want.(bool)
	case !found:
		return false
	case op == "!=":
		return !naiveTest("=", have, found, want)
	case op == "in":
		for _, one := range want.([]any) {
			if naiveTest("=", have, found, one) {
				return true
			}
		}
		return false
	case op == ">=":
		return naiveTest(">", have, found, want) || naiveTest("=", have, found, want)
	case op == "<=":
		return naiveTest("<", have, found, want) || naiveTest("=", have, found, want)
	}
	switch have := have.(type) {
	case json.Number:
		if want, ok := want.(json.Number); ok {
			order := naiveOrder(have, want)
			return op == "=" && order == 0 || op == ">" && order > 0 || op == "<" && order < 0
		}
	case string:
		if want, ok := want.(string); ok {
			return op == "=" && have == want || op == ">" && have > want || op == "<" && have < want
		}
	case bool, nil:
		return op == "=" && have == want
	}
	return false
}

func naiveOrder(a, b json.Number) int {
	x, okX := new(big.Int).SetString(string(a), 10)
	y, okY := new(big.Int).SetString(string(b), 10)
	if okX && okY {
		return x.Cmp(y)
	}
	f, _ := strconv.ParseFloat(string(a), 64)
	g, _ := strconv.ParseFloat(string(b), 64)
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

// scalars are close to one another, so that all outcomes occur.
var scalars = []string{
	"0", "-0", "1", "1.0", "1e0", "2", "-1", "0.9", "0.90", "9e-1", "10", "1e1", "9007199254740992", "9007199254740993",
	"-9007199254740993", "9007199254740992.0",
	"18446744073709551616", "18446744073709551617", `""`, `"a"`, `"\u0061"`, `"b"`, `"ab"`, `"é"`, `"\u00e9"`, `"😀"`, `"\ud83d\ude00"`,
	`"1"`, `"true"`, "true", "false", "null",
}

func oneOf[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

func randomData(rng *rand.Rand, depth int) string {
	var parts []string
	for _, name := range []string{`"a"`, `"b"`, `"\u00e9"`, `"c d"`} {
		if rng.IntN(3) == 0 {
			continue
		}
		value := oneOf(rng, scalars)
		switch n := rng.IntN(8); {
		case n == 0:
			value = "[" + value + "," + randomData(rng, 0) + "]"
		case n < 4 && depth > 0:
			value = randomData(rng, depth-1)
		}
		parts = append(parts, name+":"+value)
	}
	rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return "{" + strings.Join(parts, ",") + "}"
}

func randomConditions(rng *rand.Rand) string {
	var parts []string
	for _, path := range []string{"a", "b", "é", "c d", "a.b", "b.a", "a.é.b", "b.c d", "x"} {
		if rng.IntN(8) != 0 {
			continue
		}
		value := oneOf(rng, scalars)
		if rng.IntN(4) != 0 {
			value = randomOperators(rng)
		}
		parts = append(parts, fmt.Sprintf("%q:%s", path, value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func randomOperators(rng *rand.Rand) string {
	var ops []string
	for len(ops) == 0 {
		for _, op := range []string{"=", "!=", ">", ">=", "<", "<=", "in", "exists"} {
			if rng.IntN(6) != 0 {
				continue
			}
			value := oneOf(rng, scalars)
			switch op {
			case ">", ">=", "<", "<=":
				value = oneOf(rng, scalars[:len(scalars)-3])
			case "in":
				value = "[" + value + "," + oneOf(rng, scalars) + "," + oneOf(rng, scalars) + "]"
			case "exists":
				value = oneOf(rng, []string{"true", "false"})
			}
			ops = append(ops, fmt.Sprintf("%q: %s", op, value))
		}
	}
	return "{" + strings.Join(ops, ",") + "}"
}

func TestConditionsAgreeWithANaiveEvaluator(t *testing.T) {
	fullrun.Only(t)
	rng := rand.New(rand.NewPCG(7, 8))
	matched := 0
	const rounds = 5000
	for range rounds {
		text, data := randomConditions(rng), randomData(rng, 2)
		c := conditions(t, text)
		want := naiveMatch(unmarshal(t, text), unmarshal(t, data))
		if got := c.Match([]byte(data)); got != want {
			t.Fatalf("%s on %s: Match is %t", text, data, got)
		}
		if !c.Empty() && want {
			matched++
		}
	}
	if matched < rounds/50 || matched > rounds*9/10 {
		t.Errorf("%d of %d matched: the test says little", matched, rounds)
	}
}

func FuzzConditions(f *testing.F) {
	for _, seed := range []string{
		"", "null", "nope", "{}", `{"a":1}`, `{"a":{">=":0.9},"b.c":"x","d":{"exists":false}}`, `{"a":{"in":[1,"x",null,true]}}`,
		`{"a":{"!=":"\ud83d\ude00"}}`,
		`{"a":[1]}`, `{"a":{"a":1}}`, `{"..":1}`, `{"a":1e999}`, `{"a":9007199254740993}`, "{\"a\":\"\xff\"}",
		`{"a":1}{"a":1}`, ` { "a" : -0.0 } `,
	} {
		f.Add([]byte(seed), []byte(`{"a":1,"b":{"c":"x"},"d":[1]}`))
	}
	f.Add([]byte(`{"a.b":{"<":1}}`), []byte(`{"a":{"b":`))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		text, before := bytes.Clone(text), bytes.Clone(text)
		c, err := event.ParseConditions(text)
		if !bytes.Equal(text, before) {
			t.Error("ParseConditions changed the text")
		}
		if err != nil {
			if !c.Empty() || c.String() != "" || err.Error() == "" || !utf8.ValidString(err.Error()) {
				t.Errorf("refused with %q, left %+v", err, c)
			}
			return
		}
		matched := c.Match(data) // whatever data is, it doesn't panic
		if c.Empty() != (c.String() == "") {
			t.Fatalf("empty %t, text %q", c.Empty(), c.String())
		}
		if c.Empty() {
			if !matched {
				t.Error("no conditions didn't match")
			}
			return
		}
		again, err := event.ParseConditions([]byte(c.String()))
		if err != nil || again.String() != c.String() || again.Match(data) != matched {
			t.Fatalf("%q was accepted as %q, which becomes %q, %v", text, c, again, err)
		}
		events, err := event.Decode([]byte(with("data", string(data))), now)
		if err != nil || len(events) != 1 {
			return
		}
		e := events[0]
		if want := naiveMatch(unmarshal(t, c.String()), unmarshal(t, string(e.Data))); c.Match(e.Data) != want {
			t.Errorf("%s on %s: Match is %t", c, e.Data, !want)
		}
	})
}
