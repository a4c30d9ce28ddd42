package endpoint

import (
	"strings"

	"postern/internal/delivery"
)

// Remedy says what to do about a failure; it is empty for a success.
func Remedy(a *delivery.Attempt) string {
	if a.OK() {
		return ""
	}
	switch a.Class {
	case delivery.ClassDNS:
		return "Check the host in the webhook's URL, and whether this machine's DNS server resolves it."
	case delivery.ClassConnect:
		return "Check that the receiver is running and reachable from this machine. A firewall may block the connection."
	case delivery.ClassTLS:
		if strings.Contains(a.Detail, "client certificate") {
			return "Configure the receiver to accept deliveries without a client certificate. It can verify their signatures instead."
		}
		return "Check the receiver's certificate: its host name, its expiry date, and whether its chain is complete."
	case delivery.ClassTimeout:
		return "Make the receiver respond before it processes the event, or raise the response timeout in the webhook's settings."
	case delivery.ClassRefused:
		return "To allow this address, change the setting that is named above, and restart Postern."
	case delivery.ClassBody:
		return "Check the log of the receiver, or of a proxy in front of it: the connection or its HTTP/2 stream ended too early."
	case delivery.ClassOther:
		return "No further detail is known. Send a test event to see each step of the request."
	}
	switch {
	case isRedirect(a.Status):
		return "Redirects are not followed. Change the webhook's URL to the target of the redirect."
	case a.Status == 401, a.Status == 403:
		return "The receiver may check the signature with another secret. Compare the two, or rotate the secret."
	case a.Status == 404, a.Status == 405:
		return "Check the path in the webhook's URL: the receiver accepts no deliveries there."
	case a.Status == 410:
		return "The receiver wants no more events, so the webhook was disabled. Resume it when the receiver accepts events again."
	case a.Status == 413:
		return "Raise the receiver's limit for request bodies: an event can have up to 256 KiB."
	case a.Status == 429:
		return "The receiver asks for fewer requests. Postern slows down by itself. You can also set a limit in the webhook's settings."
	case a.Status >= 500:
		return "The receiver failed. Check its log. Postern retries automatically."
	}
	return "Only a 2xx status counts as delivered. The start of the response may give the reason."
}
