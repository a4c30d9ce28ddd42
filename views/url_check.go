package views

import "postern/internal/event"

// URLCheck is what can be told of a URL before it is registered; the zero
// value says nothing.
type URLCheck struct {
	// Wrong is why it can't be registered, Problem why its name leads
	// nowhere; each a sentence.
	Wrong, Problem string
	Host           string
	Plain          bool
	// AllowHTTP says that plain http may be registered here.
	AllowHTTP bool
	// Addresses are what the host leads to, More how many beyond these, and
	// Refused those that Postern doesn't call.
	Addresses, Refused []string
	More               int
}

// help is what belongs into the field.
func (c URLCheck) help() string {
	if c.AllowHTTP {
		return "Each event is posted here as JSON, over https or http. With plain http, others on the network can read along."
	}
	return "Each event is posted here as JSON. Only https URLs are accepted; --allow-http permits plain http."
}

// meaning is how good the news is.
func (c URLCheck) meaning() event.Meaning {
	switch {
	case c.Wrong != "" || len(c.Refused) > 0 && len(c.Refused) == len(c.Addresses)+c.More:
		return event.Alert
	case c.Problem != "" || len(c.Refused) > 0 || c.Plain:
		return event.Attention
	default:
		return event.Confirmed
	}
}

// said is what the check found.
func (c URLCheck) said() string {
	switch {
	case c.Wrong != "":
		return c.Wrong
	case c.Problem != "":
		return c.Problem + " It can be registered all the same: the name is looked up again whenever it is called."
	}
	said := "It leads to " + c.addresses() + "."
	if len(c.Addresses) == 1 && c.Addresses[0] == c.Host {
		said = "There is no name to look up: " + c.Host + " is called as it is."
	}
	switch {
	case len(c.Refused) == 0:
	case len(c.Refused) == len(c.Addresses)+c.More:
		said += " " + c.refused() + " Deliveries fail until Postern runs with --allow-target for it."
	default:
		said += " " + c.refused() + " The others are."
	}
	if c.Plain {
		said += " Plain http: whoever is on the way can read along."
	}
	return said + " Nothing was sent there yet."
}

func (c URLCheck) addresses() string {
	names := c.Addresses
	if c.More > 0 {
		return list(append(append([]string{}, names...), Count(int64(c.More))+" more"))
	}
	return list(names)
}

func (c URLCheck) refused() string {
	if len(c.Refused) == 1 {
		return c.Refused[0] + " is a loopback, private or special-purpose address, which isn't called."
	}
	return list(c.Refused) + " are loopback, private or special-purpose addresses, which aren't called."
}
