package event

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxSiteLength bounds the names of the sites that an event has come through,
// in bytes.
const maxSiteLength = 256

// origin reads the fields that a Postern adds to an event. Only another
// Postern may send them: a producer could give its event another site's look.
func (d *decoder) origin(e *Event, value jsontext.Value, at int64) {
	name := string(d.name)
	if d.site == "" {
		d.fail(at, name, fmt.Sprintf("Postern adds %s itself. Only a key that is bound to a site may pass it on.", name))
		return
	}
	text, ok := d.text(name, value, "a string")
	if !ok {
		return
	}
	switch s := string(text); {
	case name == "producer_id" && ValidID(s):
		e.ProducerID = s
	case name == "producer_id":
		d.fail(at, name, idRule)
	case !validSite(s):
		d.fail(at, name, "A site is its name, or several names with slashes between.")
	case len(d.site)+1+len(s) > maxSiteLength:
		d.fail(at, name, fmt.Sprintf("The event has come through more sites than can be kept (%d bytes of their names). "+
			"Look whether they forward in a circle.", maxSiteLength))
	default:
		e.Site = "/" + s // behind the site that forwards it
	}
}

// validSite reports whether s is the names of sites with slashes between.
func validSite(s string) bool {
	for name := range strings.SplitSeq(s, "/") {
		if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@") != "" {
			return false
		}
	}
	return true
}
