package delivery

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestSettingsAreWrittenInTheApisNames(t *testing.T) {
	t.Parallel()
	text, err := Settings{Cameras: []string{"a"}, Sources: []string{"b"}, Conditions: jsontext.Value(`{"x":1}`), Ordered: true,
		PerSecond: 0.5, InFlight: 1, TimeoutSeconds: 2, StormSeconds: 3}.Encode()
	const want = `{"camera_ids":["a"],"sources":["b"],"conditions":{"x":1},"ordered":true,"max_per_second":0.5,"max_in_flight":1,` +
		`"timeout_seconds":2,"storm_window_seconds":3}`
	if err != nil || text != want {
		t.Errorf("%s, %v", text, err)
	}
	if text, err := (Settings{}).Encode(); err != nil || text != "{}" {
		t.Errorf("nothing is written as %s, %v", text, err)
	}
}

// Settings that were taken are read back as they are.
func FuzzSettings(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"camera_ids":["a"],"conditions":{"similarity":{">=":0.9}},"ordered":true,"max_in_flight":1,"payload":"thin"}`)
	f.Add(`{"max_per_second":1e-5,"storm_window_seconds":86400,"timeout_seconds":60,"payload":"full"}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, _, err := ParseSettings(text)
		if err != nil {
			return
		}
		if s.Concurrency() < 1 || s.Concurrency() > MaxInFlight || s.Timeout() <= 0 || s.Timeout().Seconds() > MaxTimeoutSeconds ||
			len(s.Cameras) > MaxFilterNames {
			t.Errorf("%s was read as %+v", text, s)
		}
		kept, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := ParseSettings(kept)
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%s was kept as %s and read as %+v, %v", text, kept, again, err)
		}
	})
}

func TestSettings_ListsKnowEveryField(t *testing.T) {
	t.Parallel()
	kind := reflect.TypeFor[Settings]()
	var s Settings
	each := s.Each()
	if len(each) != kind.NumField() {
		t.Fatalf("Each returns %d settings of %d", len(each), kind.NumField())
	}
	for i, one := range each {
		field := kind.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if one.Name != name || one.Value != reflect.ValueOf(&s).Elem().Field(i).Addr().Interface() {
			t.Errorf("setting %d is %s, and the field %s is %s", i, one.Name, field.Name, name)
		}
		// A change of this setting alone changes this setting alone.
		var c SettingsChange
		given := reflect.ValueOf(&c).Elem().FieldByName(field.Name)
		if !given.IsValid() {
			t.Errorf("a change can't give %s", name)
			continue
		}
		given.Set(reflect.New(field.Type))
		given.Elem().Set(sampleOf(field.Type))
		var changed, want Settings
		reflect.ValueOf(&want).Elem().Field(i).Set(sampleOf(field.Type))
		tag, _ := reflect.TypeOf(c).FieldByName(field.Name)
		if tag.Tag.Get("json") != name || !c.Apply(&changed) || !reflect.DeepEqual(changed, want) {
			t.Errorf("a change of %s makes %+v", name, changed)
		}
	}
	if new(SettingsChange).Apply(&s) {
		t.Error("an empty change gives something")
	}
}

// sampleOf returns a value of a setting that isn't the default.
func sampleOf(kind reflect.Type) reflect.Value {
	value := reflect.New(kind).Elem()
	switch kind.Kind() {
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int:
		value.SetInt(7)
	case reflect.Float64:
		value.SetFloat(7)
	case reflect.String:
		value.SetString("x")
	default:
		value.Set(reflect.MakeSlice(kind, 1, 1))
	}
	return value
}
