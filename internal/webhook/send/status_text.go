package send

import (
	"fmt"
	"net/http"
	"strings"
)

// statusName is a status with its name, such as "404 Not Found".
func statusName(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// isRedirect reports whether a status sends the request elsewhere; 300, 304 and
// 305 don't.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// statusText says what a status other than 2xx means.
func statusText(status int) string {
	name := statusName(status)
	switch {
	case isRedirect(status):
		return fmt.Sprintf("The receiver answered %s. Redirects are not followed: register the final address.", name)
	case status == http.StatusNotModified:
		return fmt.Sprintf("The receiver answered %s, which is for cached pages and has no meaning for a delivery.", name)
	case status == http.StatusUseProxy:
		return fmt.Sprintf("The receiver answered %s, which no client follows any more. See --delivery-proxy.", name)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Sprintf("The receiver answered %s: it may check the signature with another secret.", name)
	default:
		return fmt.Sprintf("The receiver answered %s.", name)
	}
}
