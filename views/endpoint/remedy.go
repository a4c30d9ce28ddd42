package endpoint

import (
	"strings"
)

// Remedy says what to do about a failure; empty where nothing is wrong.
func (a Attempt) Remedy() string {
	if a.OK {
		return ""
	}
	switch a.Class {
	case "dns":
		return "Check the host in the webhook's URL, and whether this machine's name server knows it."
	case "connect":
		return "Is the receiver running, and can it be reached from this machine? A firewall may be in between."
	case "tls":
		if strings.Contains(a.Detail, "client certificate") {
			return "Let the receiver take deliveries without a client certificate: they are signed, which it can verify instead."
		}
		return "Check the receiver's certificate: whom it is for, whether it has expired, and whether its chain is complete."
	case "timeout":
		return "Let the receiver answer first and work afterwards, or give it more time under the webhook's settings."
	case "refused":
		return "If it is meant to be called, change the setting that is named above where Postern is started."
	case "body":
		return "Look at the receiver's log, or at that of a proxy before it: the connection or its HTTP/2 stream ended too early."
	case "other":
		return "What is said above is all that is known. A test event shows each step of the exchange."
	}
	switch {
	case isRedirect(a.Status):
		return "Redirects are not followed: change the webhook's URL to where it leads."
	case a.Status == 401, a.Status == 403:
		return "The receiver may check the signature with another secret. Compare the two, or rotate the secret."
	case a.Status == 404, a.Status == 405:
		return "Check the path in the webhook's URL: the receiver takes nothing there."
	case a.Status == 410:
		return "The receiver wants no more events: the webhook was disabled. Resume it once the receiver takes them again."
	case a.Status == 413:
		return "The receiver takes only smaller bodies; an event has up to 256 KiB."
	case a.Status == 429:
		return "The receiver wants fewer requests: Postern slows down by itself. A limit under the webhook's settings helps too."
	case a.Status >= 500:
		return "Something is wrong at the receiver: look at its log. Postern retries automatically."
	}
	return "Any answer but 2xx is a failure. The beginning of the answer may say why."
}
