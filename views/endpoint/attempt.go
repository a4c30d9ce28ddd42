package endpoint

import (
	"strconv"

	"postern/internal/delivery"
	"postern/views/ui"
)

// attemptClass is a class of failure with its name for people.
type attemptClass struct {
	Class delivery.Class
	Words string
}

// AttemptClasses are the classes of failure, in the order of the filter.
var AttemptClasses = []attemptClass{
	{delivery.ClassStatus, "Status other than 2xx"}, {delivery.ClassTimeout, "No response in time"},
	{delivery.ClassConnect, "Connection failed"},
	{delivery.ClassTLS, "TLS connection failed"}, {delivery.ClassDNS, "Host name not found"}, {delivery.ClassRefused, "Address not allowed"},
	{delivery.ClassBody, "Incomplete response"}, {delivery.ClassOther, "Other causes"},
}

// OutcomeText describes how an attempt ended.
func OutcomeText(a *delivery.Attempt) string {
	if a.OK() {
		return "Delivered in " + ui.Span(a.Duration)
	}
	switch a.Class {
	case delivery.ClassDNS:
		return "Host name not found"
	case delivery.ClassConnect:
		return "Connection failed"
	case delivery.ClassTLS:
		return "TLS connection failed"
	case delivery.ClassTimeout:
		return "No response within " + ui.Span(a.Duration)
	case delivery.ClassRefused:
		return "Address not allowed"
	case delivery.ClassBody:
		if a.Status != 0 {
			return "Answered " + strconv.Itoa(a.Status) + ", but the response ended early"
		}
		return "Incomplete response"
	}
	if a.Status != 0 {
		return "Answered " + strconv.Itoa(a.Status) + statusWords(a.Status)
	}
	return "Failed"
}

// isRedirect reports whether a status sends a request elsewhere; 300, 304 and
// 305 don't.
func isRedirect(status int) bool {
	return status >= 301 && status <= 303 || status == 307 || status == 308
}

// statusWords explains the statuses that receivers send most.
func statusWords(status int) string {
	switch {
	case isRedirect(status):
		return ", a redirect, which is not followed"
	case status == 304:
		return ", not modified"
	case status == 401, status == 403:
		return ", access denied"
	case status == 404:
		return ", nothing at that path"
	case status == 410:
		return ", gone for good"
	case status == 429:
		return ", too many requests"
	case status >= 500:
		return ", an error at the receiver"
	}
	return ""
}

// AttemptDetail is the start of a failed attempt's response, or else Postern's own
// detail.
func AttemptDetail(a *delivery.Attempt) string {
	if a.OK() {
		return ""
	}
	if a.Response != "" {
		return a.Response
	}
	return a.Detail
}
