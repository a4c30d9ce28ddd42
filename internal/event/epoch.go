package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of numeric times: the time since 1970 in UTC.
const (
	// epochMillis is where seconds end and milliseconds begin: as seconds it
	// is the year 5138, as milliseconds 1973.
	epochMillis = 100_000_000_000
	// epochEnd is the last microsecond of the year 9999.
	epochEnd = 253_402_300_799_999_999
)

// parseEpoch reads a JSON number as a time since 1970: in seconds below
// 100,000,000,000, else in milliseconds. A fraction is read digit by digit to
// the microsecond, and cut beyond. Its error is a whole sentence.
func parseEpoch(number string) (time.Time, error) {
	if strings.HasPrefix(number, "-") {
		return time.Time{}, fmt.Errorf("The time %s is before 1970. Write such a time as %s.", clip(number, 40), exampleTime)
	}
	mantissa, exponent, err := splitNumber(number)
	if err != nil {
		return time.Time{}, err
	}
	micros, ok := shifted(mantissa, exponent, 6)
	if !ok || micros >= epochMillis*1_000_000 {
		micros, ok = shifted(mantissa, exponent, 3)
	}
	if !ok || micros > epochEnd {
		return time.Time{}, fmt.Errorf("The time %s is beyond the year 9999. Send seconds or milliseconds since 1970, nothing finer.",
			clip(number, 40))
	}
	return FromMicro(micros), nil
}

// splitNumber takes a JSON number without a sign apart: its digits with their
// dot, and its exponent.
func splitNumber(number string) (mantissa string, exponent int, err error) {
	mantissa, power, scientific := strings.Cut(strings.ToLower(number), "e")
	whole, fraction, dot := strings.Cut(mantissa, ".")
	if !onlyDigits(whole) || dot && !onlyDigits(fraction) {
		return "", 0, errors.New("The time is not a number of seconds or milliseconds since 1970.")
	}
	if scientific {
		// Beyond these bounds the number is zero or far too large: a body has
		// no room for enough digits to compensate for the exponent.
		if exponent, err = strconv.Atoi(power); err != nil || exponent < -40 || exponent > 40 {
			return "", 0, fmt.Errorf("The exponent of the time %s is too large. Write the number without an exponent.", clip(number, 40))
		}
	}
	return mantissa, exponent, nil
}

// shifted moves a number's dot to the right and cuts the fraction. ok is false
// where the result has more than 18 digits.
func shifted(mantissa string, exponent, by int) (n int64, ok bool) {
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits, dot := whole+fraction, len(whole)+exponent+by
	for i := range max(dot, 0) {
		digit := int64(0)
		if i < len(digits) {
			digit = int64(digits[i] - '0')
		}
		if n = n*10 + digit; n >= 1_000_000_000_000_000_000 {
			return 0, false
		}
	}
	return n, true
}

func onlyDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
