package send

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"postern/internal/delivery"
)

// http2Code is the error code that ended an HTTP/2 stream or connection (RFC
// 9113, 7).
type http2Code uint32

// The codes with a message of their own.
const (
	codeRefusedStream http2Code = 0x7
	codeEnhanceCalm   http2Code = 0xb
	codeHTTP11        http2Code = 0xd
)

var http2CodeNames = []string{
	"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
	"REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
}

// String returns the code's name in the standard.
func (c http2Code) String() string {
	if int64(c) < int64(len(http2CodeNames)) {
		return http2CodeNames[c]
	}
	return fmt.Sprintf("error code 0x%x", uint32(c))
}

// streamReset has the fields of golang.org/x/net/http2.StreamError. net/http
// has a copy of that type of its own, which errors.As turns into any type with
// these fields.
type streamReset struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamReset) Error() string { return "HTTP/2 stream reset" }

// byReceiver reports whether the receiver reset the stream. Otherwise net/http
// reset it, because the answer is malformed.
func (r streamReset) byReceiver() bool {
	return r.Cause != nil && r.Cause.Error() == "received from peer"
}

// streamResetOf returns the reset of a stream that err is about.
func streamResetOf(err error) (reset streamReset, ok bool) {
	ok = errors.As(err, &reset)
	return reset, ok
}

// goAwayOf returns the name of the code of the GOAWAY that err is about. It
// stands only in the error's text.
func goAwayOf(err error) (code string, ok bool) {
	_, after, ok := strings.Cut(err.Error(), "server sent GOAWAY and closed the connection; ")
	if !ok {
		return "", false
	}
	_, code, _ = strings.Cut(after, "ErrCode=")
	code, _, _ = strings.Cut(code, ",")
	if !slices.Contains(http2CodeNames, code) {
		code = "an unknown code"
	}
	return code, true
}

// http2Words classifies the error that ended an HTTP/2 exchange; ok is false
// for an error that isn't about HTTP/2.
func http2Words(err error) (c delivery.Class, words string, ok bool) {
	if reset, ok := streamResetOf(err); ok {
		switch code := http2Code(reset.Code); {
		case !reset.byReceiver():
			return delivery.ClassOther, "The receiver's HTTP/2 answer is malformed.", true
		case code == codeRefusedStream:
			return delivery.ClassBody, "The receiver refused the request unread (HTTP/2 REFUSED_STREAM).", true
		case code == codeEnhanceCalm:
			return delivery.ClassBody, "The receiver reset the request: it gets too many requests (HTTP/2 ENHANCE_YOUR_CALM).", true
		case code == codeHTTP11:
			return delivery.ClassBody, "The receiver reset the request: it accepts this request only over HTTP/1.1 (HTTP/2 HTTP_1_1_REQUIRED).", true
		default:
			return delivery.ClassBody, fmt.Sprintf("The receiver reset the request before it had answered (HTTP/2 RST_STREAM, %s).", code), true
		}
	}
	if code, ok := goAwayOf(err); ok {
		return delivery.ClassBody, fmt.Sprintf("The receiver ended the connection before it had answered (HTTP/2 GOAWAY, %s).", code), true
	}
	switch text := err.Error(); {
	case errors.Is(err, errNoRepeat), strings.Contains(text, "graceful shutdown GOAWAY"):
		return delivery.ClassBody, "The receiver turned the request away unread, " +
			"and again when it was repeated (HTTP/2 REFUSED_STREAM or GOAWAY).", true
	case strings.Contains(text, "http2: client connection lost"):
		return delivery.ClassBody, "The connection to the receiver was lost before it had answered (HTTP/2).", true
	case strings.HasPrefix(text, "connection error: "):
		return delivery.ClassOther, "The receiver violated the HTTP/2 protocol: " + lastWords(err) + ".", true
	}
	return delivery.ClassNone, "", false
}

// brokenOff returns, in parentheses, how an answer's body broke off; empty
// where the connection simply ended.
func brokenOff(err error) string {
	reset, isReset := streamResetOf(err)
	code, isGoAway := goAwayOf(err)
	switch {
	case isReset && reset.byReceiver():
		return fmt.Sprintf(" (HTTP/2 RST_STREAM, %s)", http2Code(reset.Code))
	case isGoAway:
		return fmt.Sprintf(" (HTTP/2 GOAWAY, %s)", code)
	case isEnd(err):
		return ""
	default:
		return " (" + lastWords(err) + ")"
	}
}
