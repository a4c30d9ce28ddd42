package event

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// SameContent reports whether other has the same content as e, and so repeats
// it. Ids and arrival aren't compared. Data is compared as JSON: the order of
// members, escapes and the forms of numbers don't matter. Times aren't compared
// where either was set on arrival. Of an event whose data was erased, only the
// remaining fields are compared, so a producer's repetition doesn't restore the
// data.
func (e *Event) SameContent(other *Event) bool {
	return e.Type == other.Type && e.Source == other.Source && e.Camera == other.Camera &&
		(e.Stamped || other.Stamped || e.Time.Equal(other.Time)) && (!e.Erased.IsZero() || sameData(e.Data, other.Data))
}

// sameData reports whether two JSON objects have the same content.
func sameData(a, b []byte) bool {
	return bytes.Equal(a, b) || bytes.Equal(canonical(a), canonical(b))
}

// canonical returns valid JSON in the form of RFC 8785, except for numbers. RFC
// 8785 rounds these to 64-bit floats; canonical writes the exact decimal value,
// so 9007199254740993 and 9007199254740992 differ.
func canonical(data []byte) []byte {
	value := jsontext.Value(bytes.Clone(data))
	if err := value.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return data // not JSON, and so equal to itself alone
	}
	out := make([]byte, 0, len(value))
	for i := 0; i < len(value); {
		from := i
		switch c := value[i]; {
		case c == '"':
			for i++; value[i] != '"'; i++ {
				if value[i] == '\\' {
					i++
				}
			}
			i++
			out = append(out, value[from:i]...)
		case c == '-' || '0' <= c && c <= '9':
			for i < len(value) && strings.IndexByte("+-.0123456789Ee", value[i]) >= 0 {
				i++
			}
			out = appendDecimal(out, string(value[from:i]))
		default:
			i++
			out = append(out, c)
		}
	}
	return out
}

// appendDecimal appends a JSON number's value as an integer without trailing
// zeros and a power of ten: 150, 1.5e2 and 15.0E+1 are 15e1, and -0 is 0e0.
func appendDecimal(to []byte, number string) []byte {
	number, negative := strings.CutPrefix(number, "-")
	mantissa, exponent := number, "0"
	if at := strings.IndexAny(number, "Ee"); at >= 0 {
		mantissa, exponent = number[:at], number[at+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return append(to, "0e0"...)
	}
	if negative {
		to = append(to, '-')
	}
	to = append(append(to, significant...), 'e')
	shift := int64(len(digits) - len(significant) - len(fraction))
	if power, err := strconv.ParseInt(exponent, 10, 32); err == nil {
		return strconv.AppendInt(to, power+shift, 10)
	}
	power, _ := new(big.Int).SetString(exponent, 10) // a JSON number's exponent is one
	return power.Add(power, big.NewInt(shift)).Append(to, 10)
}
