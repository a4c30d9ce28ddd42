package event_test

import (
	"fmt"
	"strings"
	"testing"

	"postern/internal/event"
)

func TestConditionsMatch(t *testing.T) {
	const big = "9007199254740993" // the first whole number that a float doesn't hold
	for _, tc := range []struct {
		data, conditions string
		want             bool
	}{
		// numbers
		{`{"a":0.9}`, `{"a":0.9}`, true}, {`{"a":0.90}`, `{"a":0.9}`, true}, {`{"a":9e-1}`, `{"a":0.9}`, true},
		{`{"a":0.9}`, `{"a":9.0E-1}`, true},
		{`{"a":0.90000001}`, `{"a":0.9}`, false}, {`{"a":1}`, `{"a":1.0}`, true}, {`{"a":100}`, `{"a":1e2}`, true},
		{`{"a":0}`, `{"a":-0}`, true}, {`{"a":-0.0}`, `{"a":0}`, true},
		{`{"a":0.9}`, `{"a":{">":0.9}}`, false}, {`{"a":0.9}`, `{"a":{">=":0.9}}`, true}, {`{"a":0.91}`, `{"a":{">":0.9}}`, true},
		{`{"a":0.9}`, `{"a":{"<":0.9}}`, false},
		{`{"a":0.9}`, `{"a":{"<=":0.9}}`, true}, {`{"a":0.9}`, `{"a":{"!=":0.90}}`, false}, {`{"a":0.9}`, `{"a":{"!=":0.91}}`, true},
		{`{"a":10}`, `{"a":{">":9}}`, true}, {`{"a":9}`, `{"a":{"<":10}}`, true}, // as numbers, not as texts
		{`{"a":-2}`, `{"a":{"<":-1}}`, true}, {`{"a":-2}`, `{"a":{">":-1}}`, false}, {`{"a":-2}`, `{"a":-2.0}`, true},
		{`{"a":-1}`, `{"a":{"<":0}}`, true},
		{`{"a":5}`, `{"a":{">":1,"<":9}}`, true}, {`{"a":9}`, `{"a":{">":1,"<":9}}`, false}, {`{"a":5}`, `{"a":{">":1,"<":9,"!=":5}}`, false},
		// large ones
		{`{"a":` + big + `}`, `{"a":` + big + `}`, true}, {`{"a":9007199254740992}`, `{"a":` + big + `}`, false},
		{`{"a":9007199254740992}`, `{"a":{"<":` + big + `}}`, true},
		{`{"a":` + big + `}`, `{"a":{">":9007199254740992}}`, true}, {`{"a":` + big + `}`, `{"a":{"<=":9007199254740992}}`, false},
		{`{"a":` + big + `}`, `{"a":{"!=":9007199254740992}}`, true},
		{`{"a":-` + big + `}`, `{"a":{"<":-9007199254740992}}`, true}, {`{"a":-` + big + `}`, `{"a":{">=":-9007199254740992}}`, false},
		{`{"a":-` + big + `}`, `{"a":{"<":` + big + `}}`, true},
		{`{"a":123456789012345678901234567890}`, `{"a":123456789012345678901234567890}`, true},
		{`{"a":123456789012345678901234567890}`, `{"a":123456789012345678901234567891}`, false},
		{`{"a":9999999999999999}`, `{"a":{"<":10000000000000000}}`, true}, {`{"a":9007199254740992.0}`, `{"a":9007199254740992}`, true},
		{`{"a":1e999}`, `{"a":{">":1e308}}`, true}, {`{"a":1e999}`, `{"a":1}`, false}, {`{"a":1e999}`, `{"a":{"!=":1}}`, true},
		{`{"a":-1e999}`, `{"a":{"<":-1e308}}`, true},
		{`{"a":1` + strings.Repeat("0", 400) + `}`, `{"a":{">":1}}`, true}, {`{"a":1e-999}`, `{"a":0}`, true},
		// texts
		{`{"a":"vip"}`, `{"a":"vip"}`, true}, {`{"a":"VIP"}`, `{"a":"vip"}`, false}, {`{"a":"vip "}`, `{"a":"vip"}`, false},
		{`{"a":""}`, `{"a":""}`, true},
		{`{"a":"b"}`, `{"a":{">":"a"}}`, true}, {`{"a":"b"}`, `{"a":{">":"b"}}`, false}, {`{"a":"b"}`, `{"a":{">=":"b","<=":"b"}}`, true},
		{`{"a":"ab"}`, `{"a":{">":"a"}}`, true},
		{`{"a":"10"}`, `{"a":{"<":"9"}}`, true}, {`{"a":"Z"}`, `{"a":{"<":"a"}}`, true}, {`{"a":"é"}`, `{"a":{">":"z"}}`, true},
		{`{"a":"😀"}`, `{"a":{">":"\uffee"}}`, true},
		{`{"a":"vip"}`, `{"a":{"!=":"vip"}}`, false}, {`{"a":"x"}`, `{"a":{"!=":"vip"}}`, true},
		// however they are written
		{`{"a":"\u0041"}`, `{"a":"A"}`, true}, {`{"a":"A"}`, `{"a":"\u0041"}`, true}, {`{"a":"\ud83d\ude00"}`, `{"a":"😀"}`, true},
		{`{"a":"\/\n"}`, `{"a":"/\u000a"}`, true}, {`{"a":"\\u0041"}`, `{"a":"A"}`, false},
		{`{"\u0061":1}`, `{"a":1}`, true}, {`{"a":1}`, `{"\u0061":1}`, true}, {`{"h\u00f6he":1}`, `{"höhe":1}`, true},
		{`{"a\"b":1}`, `{"a\"b":1}`, true}, {`{"a\"b":1}`, `{"a":1}`, false},
		{`{"é":1}`, `{"e\u0301":1}`, false}, // no normalization
		// true, false, null
		{`{"a":true}`, `{"a":true}`, true}, {`{"a":false}`, `{"a":true}`, false}, {`{"a":true}`, `{"a":false}`, false},
		{`{"a":false}`, `{"a":false}`, true},
		{`{"a":true}`, `{"a":{"!=":false}}`, true}, {`{"a":true}`, `{"a":{"!=":true}}`, false}, {`{"a":null}`, `{"a":null}`, true},
		{`{"a":null}`, `{"a":{"!=":null}}`, false},
		// different kinds
		{`{"a":"1"}`, `{"a":1}`, false}, {`{"a":1}`, `{"a":"1"}`, false}, {`{"a":"1"}`, `{"a":{"!=":1}}`, true},
		{`{"a":"2"}`, `{"a":{">":1}}`, false}, {`{"a":"2"}`, `{"a":{"<":3}}`, false}, {`{"a":2}`, `{"a":{">":"1"}}`, false},
		{`{"a":0}`, `{"a":false}`, false}, {`{"a":"true"}`, `{"a":true}`, false}, {`{"a":null}`, `{"a":false}`, false},
		{`{"a":null}`, `{"a":0}`, false}, {`{"a":null}`, `{"a":""}`, false}, {`{"a":null}`, `{"a":{"!=":0}}`, true},
		{`{"a":false}`, `{"a":{"!=":null}}`, true}, {`{"a":true}`, `{"a":{">":0}}`, false}, {`{"a":null}`, `{"a":{"<=":0}}`, false},
		{`{"a":null}`, `{"a":{">=":""}}`, false},
		// arrays and objects equal nothing
		{`{"a":[1]}`, `{"a":1}`, false}, {`{"a":[1]}`, `{"a":{"in":[1]}}`, false}, {`{"a":[1]}`, `{"a":{"!=":1}}`, true},
		{`{"a":{"b":1}}`, `{"a":1}`, false}, {`{"a":{}}`, `{"a":null}`, false},
		{`{"a":{}}`, `{"a":{"!=":null}}`, true}, {`{"a":[]}`, `{"a":{"exists":true}}`, true}, {`{"a":[1]}`, `{"a":{">":0}}`, false},
		{`{"a":{}}`, `{"a":{"<=":"z"}}`, false},
		// any of
		{`{"a":2}`, `{"a":{"in":[1,2.0]}}`, true}, {`{"a":3}`, `{"a":{"in":[1,2]}}`, false}, {`{"a":"2"}`, `{"a":{"in":[1,2]}}`, false},
		{`{"a":null}`, `{"a":{"in":[1,null]}}`, true},
		{`{"a":false}`, `{"a":{"in":[true,null]}}`, false}, {`{"a":false}`, `{"a":{"in":[true,false]}}`, true},
		{`{"a":"x"}`, `{"a":{"in":["y","\u0078"]}}`, true},
		// what isn't there
		{`{}`, `{"a":1}`, false}, {`{}`, `{"a":null}`, false}, {`{}`, `{"a":{"!=":1}}`, false}, {`{}`, `{"a":{"!=":null}}`, false},
		{`{}`, `{"a":{"<":1}}`, false}, {`{}`, `{"a":{"in":[null]}}`, false},
		{`{}`, `{"a":{"exists":false}}`, true}, {`{}`, `{"a":{"exists":true}}`, false}, {`{"a":null}`, `{"a":{"exists":true}}`, true},
		{`{"a":null}`, `{"a":{"exists":false}}`, false}, {`{"b":1}`, `{"a":{"exists":false}}`, true},
		{`{"b":{"a":1}}`, `{"a":1}`, false}, {`{"A":1}`, `{"a":1}`, false},
		// paths
		{`{"f":{"q":0.8}}`, `{"f.q":{">":0.7}}`, true}, {`{"f":{"q":0.6}}`, `{"f.q":{">":0.7}}`, false},
		{`{"x":{"q":1},"f":{"p":{"q":2},"q":3}}`, `{"f.q":3,"f.p.q":2,"x.q":1}`, true},
		{`{"f":{"q":1}}`, `{"f.r":{"exists":false}}`, true}, {`{"f":1}`, `{"f.q":{"exists":false}}`, true},
		{`{"f":[{"q":1}]}`, `{"f.q":1}`, false}, {`{"f":null}`, `{"f.q":null}`, false},
		{`{"f":"q"}`, `{"f.q":{"exists":true}}`, false}, {`{"f.q":1}`, `{"f.q":1}`, false}, {`{"f":[7]}`, `{"f.0":7}`, false},
		{`{"f":{"\u0071":1}}`, `{"f.q":1}`, true},
		{`{"f":{"a":[1,{"q":2}],"b":{"q":3},"q":4}}`, `{"f.q":4}`, true}, {`{"f":{}}`, `{"f":{"exists":true},"f.q":{"exists":false}}`, true},
		// several fields: all must hold
		{`{"a":1,"b":"x","c":[1,{"a":2}]}`, `{"b":"x","a":1}`, true}, {`{"a":1,"b":"x"}`, `{"a":1,"b":"y"}`, false},
		{`{"a":1}`, `{"a":1,"b":{"exists":false}}`, true},
	} {
		e := acceptOne(t, with("data", tc.data))
		c := conditions(t, tc.conditions)
		if got := c.Match(e.Data); got != tc.want {
			t.Errorf("%s on %s: Match is %t", tc.conditions, tc.data, got)
		}
		if got := (&event.Filter{Conditions: c}).Match(e); got != tc.want {
			t.Errorf("%s on %s: the filter's Match is %t", tc.conditions, tc.data, got)
		}
		if got := conditions(t, c.String()).Match(e.Data); got != tc.want {
			t.Errorf("%s on %s: read again from its text, Match is %t", tc.conditions, tc.data, got)
		}
	}
}

func TestConditionsNarrowWhatOtherFieldsOfAFilterPick(t *testing.T) {
	e := acceptOne(t, with("camera_id", `"gate"`, "data", `{"a":1}`))
	for text, want := range map[string]bool{`{"a":1}`: true, `{"a":2}`: false} {
		for camera, same := range map[string]bool{"gate": true, "lobby": false} {
			f := event.Filter{Cameras: []string{camera}, Conditions: conditions(t, text)}
			if got := f.Match(e); got != (want && same) {
				t.Errorf("camera %s and %s: Match is %t", camera, text, got)
			}
		}
	}
}

func TestMatchLeavesDataAsItIs(t *testing.T) {
	// Every worker reads the same bytes.
	e := acceptOne(t, with("data", `{"x":"\u00e9\n","f":{"y":[1,"b"],"q":"\ud83d\ude00"},"a":1.50}`))
	before := string(e.JSON())
	c := conditions(t, `{"f.q":"😀","a":{">":1},"x":{"!=":"y"}}`)
	done := make(chan bool)
	for range 4 {
		go func() {
			ok := true
			for range 200 {
				ok = ok && c.Match(e.Data)
			}
			done <- ok
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("didn't match")
		}
	}
	if string(e.JSON()) != before {
		t.Errorf("the event became %s", e.JSON())
	}
}

func TestMatchOfDataThatIsBroken(t *testing.T) {
	// It never is; but then nothing is there, and nothing panics.
	for _, data := range []string{"", "null", "[]", "{", `{"a`, `{"a"`, `{"a":`, `{"a":"x`, `{"b":x,"a":1}`, `{"b":[1,"a":1}`} {
		for _, text := range []string{`{"a":1}`, `{"a.b":1}`, `{"a":{"!=":2}}`} {
			if conditions(t, text).Match([]byte(data)) {
				t.Errorf("%s matched %q", text, data)
			}
		}
		if !conditions(t, `{"a":{"exists":false}}`).Match([]byte(data)) {
			t.Errorf("a field is there in %q", data)
		}
	}
}

func TestIdentityIsWhoTheEventIsAbout(t *testing.T) {
	for data, want := range map[string]string{
		`{}`: "", `{"label":"Alice"}`: "",
		`{"identity_id":"abc-123","track_id":"trk-1"}`: "abc-123",
		`{"track_id":"trk-1","identity_id":"abc-123"}`: "abc-123",
		`{"track_id":"trk-1"}`:                         "trk-1",
		`{"identity_id":null,"track_id":"trk-1"}`:      "trk-1",
		`{"identity_id":"","track_id":"trk-1"}`:        "trk-1",
		`{"identity_id":["a"],"track_id":{}}`:          "",
		`{"identity_id":true}`:                         "",
		`{"track_id":4411}`:                            "4411",
		`{"identity_id":7,"track_id":"trk-1"}`:         "7",
		`{"identity_id":"\u00e9\ud83d\ude00"}`:         "é😀",
		`{"identity\u005fid":"x"}`:                     "x",
		`{"person":{"identity_id":"abc"}}`:             "",
	} {
		if got := acceptOne(t, with("data", data)).Identity(); got != want {
			t.Errorf("the identity of %s is %q, want %q", data, got, want)
		}
	}
}

func TestNobodyElseMayCallThemselvesPostern(t *testing.T) {
	bad := with("source", fmt.Sprintf("%q", event.OwnSource))
	for _, body := range []string{bad, "[" + with() + "," + bad + "]", with("source", `"\u0070ostern"`)} {
		contains(t, message(t, refuse(t, body), "source"), "reserved for Postern itself", "Name the module")
	}
	acceptOne(t, with("source", `"postern-gate"`))
	acceptOne(t, with("camera_id", `"postern"`))
}
