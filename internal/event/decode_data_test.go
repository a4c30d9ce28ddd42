package event_test

import (
	"testing"
)

func TestDataIsKeptAsItWasSent(t *testing.T) {
	for name, data := range map[string]string{
		"numbers digit for digit": `{"a":0.10,"b":1e3,"c":1E+03,"d":-0,"e":-0.0,"f":12345678901234567890123,"g":0.1234567890123456789012345,` +
			`"h":1e400,"i":100}`,
		"escapes":               `{"a":"\u00e9\/\n\u000a\"\\\u003c","b":"é/<>&` + "\u2028" + `"}`,
		"escaped names":         `{"\u0061":1,"a\/b":2}`,
		"order":                 `{"z":1,"a":2,"m":{"y":1,"b":2},"0":3}`,
		"every kind":            `{"n":null,"t":true,"f":false,"s":"","o":{},"l":[[],[1,"a",null]]}`,
		"space within strings":  `{" a ":" b\t c  "}`,
		"pairs":                 `{"a":"\ud83d\ude00 😀"}`,
		"the event's own names": `{"id":1,"type":2,"data":{"data":{}}}`,
		"names that differ":     `{"a":1,"A":2,"á":3}`,
	} {
		t.Run(name, func(t *testing.T) {
			e := acceptOne(t, with("data", data))
			if string(e.Data) != data {
				t.Errorf("data became %s\nfrom         %s", e.Data, data)
			}
			contains(t, string(e.JSON()), `"data":`+data+`,"camera_id"`)
		})
	}
}

func TestWhiteSpaceBetweenDatasTokensGoes(t *testing.T) {
	e := acceptOne(t, with("data", " {\r\n\t\"a\" : [ 1 , 2.50 ,\n{ } ] ,\"b c\":\" x \" } "))
	if want := `{"a":[1,2.50,{}],"b c":" x "}`; string(e.Data) != want {
		t.Errorf("data became %s, want %s", e.Data, want)
	}
}

func TestDataLiesWithinTheJSON(t *testing.T) {
	// A payload that is held twice would double what the ring costs.
	e := acceptOne(t, with("data", `{"a":1}`))
	if cap(e.Data) != len(e.Data) {
		t.Errorf("an append to data would write into the JSON: len %d, cap %d", len(e.Data), cap(e.Data))
	}
	json := e.JSON()
	found := false
	for i := range json {
		if &json[i] == &e.Data[0] {
			found = true
		}
	}
	if !found {
		t.Error("data is a copy")
	}
}
