package event

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of conditions.
const (
	MaxConditions      = 20  // fields
	maxConditionName   = 128 // bytes of a field's path
	maxConditionText   = 256 // bytes of a text to compare with
	maxConditionValues = 100 // values of one "in"
)

// Conditions are tests on an event's data, all of which must hold. As JSON
// they are an object of fields, each with a value that it must equal, or with
// an object of operators:
//
//	{"similarity": {">=": 0.9}, "watchlist": "vip", "face.quality": {"exists": true}}
//
// The operators are = != > >= < <= (numbers and texts; true, false and null
// only for = and !=), "in" (any of an array) and "exists" (true or false). A
// dot in a field's name leads into an object. Values of different kinds are
// neither equal nor ordered. A field that isn't there passes no test but
// {"exists": false}. Whole numbers are compared digit by digit, others as
// 64-bit floating point; texts by their UTF-8 bytes.
type Conditions struct {
	tests []test
	text  string // compact JSON, as it was given
}

// test is one operator on one field.
type test struct {
	path   []string
	op     string
	want   jsontext.Value   // as it was given
	values []jsontext.Value // of "in": those of want; else want alone
}

// ParseConditions parses conditions in JSON. Null and {} mean none. Its error is a
// whole sentence.
func ParseConditions(raw []byte) (Conditions, error) {
	var c Conditions
	dec := jsontext.NewDecoder(bytes.NewReader(raw))
	kind := dec.PeekKind()
	if kind != 'n' && kind != '{' {
		return c, errors.New(`The text of the conditions must be an object such as {"similarity": {">=": 0.9}}.`)
	}
	if _, err := dec.ReadToken(); err != nil {
		return c, broken(raw, err)
	}
	for n := 0; kind == '{' && dec.PeekKind() == '"'; n++ {
		if n == MaxConditions {
			return Conditions{}, fmt.Errorf("The text of the conditions has more than %d fields.", MaxConditions)
		}
		name, value, err := readMember(dec, raw)
		if err != nil {
			return Conditions{}, err
		}
		if name == "" || len(name) > maxConditionName || strings.Contains("."+name+".", "..") {
			return Conditions{}, fmt.Errorf("The text of the conditions has a field name %q that can't be; name a field of data, "+
				"or a path such as face.quality.", clip(name, 64))
		}
		tests, err := parseField(name, value)
		if err != nil {
			return Conditions{}, err
		}
		c.tests = append(c.tests, tests...)
	}
	if kind == '{' {
		if _, err := dec.ReadToken(); err != nil {
			return Conditions{}, broken(raw, err)
		}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return Conditions{}, errors.New("The text of the conditions has something after its end.")
	}
	if len(c.tests) > 0 {
		c.text = string(compact(raw))
	}
	return c, nil
}

// broken says where the conditions aren't valid JSON.
func broken(raw []byte, err error) error {
	return errors.New("The text of the conditions" + readFault(raw, err).says(raw) + ".")
}

// parseField reads one field's value or operators.
func parseField(name string, value jsontext.Value) ([]test, error) {
	path, shown := strings.Split(name, "."), clip(name, 64)
	if value.Kind() != '{' {
		if err := checkOperand(shown, value); err != nil {
			return nil, err
		}
		return []test{{path: path, op: "=", want: value, values: []jsontext.Value{value}}}, nil
	}
	var tests []test
	dec := jsontext.NewDecoder(bytes.NewReader(value))
	if _, err := dec.ReadToken(); err != nil {
		return nil, broken(value, err)
	}
	for dec.PeekKind() == '"' {
		op, operand, err := readMember(dec, value)
		if err != nil {
			return nil, err
		}
		one := test{path: path, op: op, want: operand, values: []jsontext.Value{operand}}
		switch op {
		case "=", "!=":
			err = checkOperand(shown, operand)
		case ">", ">=", "<", "<=":
			if err = checkOperand(shown, operand); err == nil && operand.Kind() != '0' && operand.Kind() != '"' {
				err = fmt.Errorf("The field %s: %q compares with a number or a text, not with %s.", shown, op, kindWord(operand.Kind()))
			}
		case "in":
			one.values, err = parseValues(shown, operand)
		case "exists":
			if operand.Kind() != 't' && operand.Kind() != 'f' {
				err = fmt.Errorf(`The field %s: "exists" is true or false.`, shown)
			}
		default:
			err = fmt.Errorf("The field %s: %q is not an operator; the operators are = != > >= < <= in exists.", shown, clip(op, 32))
		}
		if err != nil {
			return nil, err
		}
		tests = append(tests, one)
	}
	if len(tests) == 0 {
		return nil, fmt.Errorf("The field %s has no operator; the operators are = != > >= < <= in exists.", shown)
	}
	return tests, nil
}

func parseValues(field string, operand jsontext.Value) ([]jsontext.Value, error) {
	if operand.Kind() != '[' {
		return nil, fmt.Errorf(`The field %s: "in" takes an array of values.`, field)
	}
	var values []jsontext.Value
	dec := jsontext.NewDecoder(bytes.NewReader(operand))
	if _, err := dec.ReadToken(); err != nil {
		return nil, broken(operand, err)
	}
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, broken(operand, err)
		}
		if err := checkOperand(field, value); err != nil {
			return nil, err
		}
		values = append(values, value.Clone())
	}
	if len(values) == 0 || len(values) > maxConditionValues {
		return nil, fmt.Errorf(`The field %s: "in" takes 1 to %d values.`, field, maxConditionValues)
	}
	return values, nil
}

// checkOperand refuses values that a field can't be compared with.
func checkOperand(field string, v jsontext.Value) error {
	switch v.Kind() {
	case '[', '{':
		return fmt.Errorf("The field %s can't be compared with %s; use a text, a number, true, false or null.", field, kindWord(v.Kind()))
	case '0':
		if _, err := strconv.ParseFloat(string(v), 64); err != nil {
			return fmt.Errorf("The field %s has a number that is too large to compare with.", field)
		}
	case '"':
		if len(unquote(v)) > maxConditionText {
			return fmt.Errorf("The field %s has a text longer than %d bytes.", field, maxConditionText)
		}
	}
	return nil
}

// readMember reads an object's next name and value, which it copies.
func readMember(dec *jsontext.Decoder, raw []byte) (string, jsontext.Value, error) {
	name, err := dec.ReadToken()
	if err != nil {
		return "", nil, broken(raw, err)
	}
	text := name.String()
	value, err := dec.ReadValue()
	if err != nil {
		return "", nil, broken(raw, err)
	}
	return text, value.Clone(), nil
}

// Empty reports whether every event passes.
func (c Conditions) Empty() bool { return len(c.tests) == 0 }

// String returns the conditions as compact JSON; empty for none.
func (c Conditions) String() string { return c.text }

// Match reports whether an event's data passes every test.
func (c Conditions) Match(data []byte) bool { return c.failed(data) < 0 }

// failed returns the index of the first test that data doesn't pass; -1 for none.
func (c Conditions) failed(data []byte) int {
	return slices.IndexFunc(c.tests, func(t test) bool { return !t.match(data) })
}

// FailedTest is a test that an event's data doesn't pass.
type FailedTest struct {
	Field    string         // a path, with dots
	Operator string         // as in Conditions
	Want     jsontext.Value // of the condition; an array for "in"
	// Value is the field's value in the event; nil where the event has no such field.
	Value jsontext.Value
}

// Failed returns the first test that an event's data doesn't pass; ok is false if it
// passes all of them.
func (c Conditions) Failed(data []byte) (failed FailedTest, ok bool) {
	i := c.failed(data)
	if i < 0 {
		return FailedTest{}, false
	}
	t := c.tests[i]
	failed = FailedTest{Field: strings.Join(t.path, "."), Operator: t.op, Want: t.want}
	if value, found := find(data, t.path); found {
		failed.Value = value.Clone()
	}
	return failed, true
}

func (t test) match(data []byte) bool {
	value, found := find(data, t.path)
	if t.op == "exists" {
		return found == (t.values[0].Kind() == 't')
	}
	if !found {
		return false
	}
	for _, want := range t.values {
		if compareValues(value, want, t.op) {
			return true
		}
	}
	return false
}

// find follows a path into nested objects.
func find(data jsontext.Value, path []string) (jsontext.Value, bool) {
	for _, name := range path {
		value, ok := member(data, name)
		if !ok {
			return nil, false
		}
		data = value
	}
	return data, true
}

// memberReader finds a member of an object. Readers are reused: each delivery with
// conditions and each alert needs one.
type memberReader struct {
	from bytes.Buffer
	dec  jsontext.Decoder
}

var memberReaders = sync.Pool{New: func() any { return new(memberReader) }}

func (r *memberReader) read(object []byte) {
	r.from = *bytes.NewBuffer(object)
	// Data was read by a strict decoder; nothing needs checking again.
	r.dec.Reset(&r.from, jsontext.AllowDuplicateNames(true))
}

// member returns a member of an object. Values are passed over without being read
// into memory.
func member(object jsontext.Value, name string) (jsontext.Value, bool) {
	if object.Kind() != '{' {
		return nil, false
	}
	r := memberReaders.Get().(*memberReader)
	defer func() {
		r.read(nil) // doesn't keep the event
		memberReaders.Put(r)
	}()
	r.read(object)
	if _, err := r.dec.ReadToken(); err != nil {
		return nil, false
	}
	for r.dec.PeekKind() == '"' {
		have, err := r.dec.ReadValue()
		if err != nil {
			return nil, false
		}
		if isName(have, name) {
			value, err := r.dec.ReadValue()
			return value, err == nil
		}
		if r.dec.SkipValue() != nil {
			return nil, false
		}
	}
	return nil, false
}

// isName reports whether a quoted name is the one given.
func isName(quoted jsontext.Value, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	return unquote(quoted) == name
}

// compareValues applies an operator to the value of a field and the condition's value.
func compareValues(have, want jsontext.Value, op string) bool {
	if have.Kind() != want.Kind() && !(isBool(have) && isBool(want)) {
		return op == "!="
	}
	var order int
	switch have.Kind() {
	case '0':
		order = compareNumbers(string(have), string(want))
	case '"':
		order = strings.Compare(unquote(have), unquote(want))
	case 'n':
	case 't', 'f':
		order = int(have.Kind()) - int(want.Kind())
	default: // an object or an array equals no value of a condition
		return op == "!="
	}
	switch op {
	case "=", "in":
		return order == 0
	case "!=":
		return order != 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	default:
		return order <= 0
	}
}

// compareNumbers orders two numbers. A float doesn't hold every digit of a
// large whole number, such as an id, so that their digits decide.
func compareNumbers(a, b string) int {
	// A number that is too large becomes infinite, which compares correctly.
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	if x != y || -floatHolds < x && x < floatHolds || !isWhole(a) || !isWhole(b) {
		return cmp.Compare(x, y)
	}
	if order := cmp.Compare(len(a), len(b)); order != 0 {
		return order * int(math.Copysign(1, x))
	}
	return strings.Compare(a, b) * int(math.Copysign(1, x))
}

// floatHolds is how far a float tells every whole number from the next.
const floatHolds = 1 << 53

func isWhole(number string) bool { return !strings.ContainsAny(number, ".eE") }

func isBool(v jsontext.Value) bool { return v.Kind() == 't' || v.Kind() == 'f' }

func unquote(v jsontext.Value) string {
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return string(v)
	}
	return string(b)
}
