package request

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Origin is a web origin in the parts that browsers compare (RFC 6454). It is
// normalised, so equal origins compare equal: lower case, names in ASCII and
// without a dot at the end, addresses as netip writes them.
type Origin struct {
	scheme, host string
	port         uint16
}

// defaultPorts are the ports that a URL may leave out.
var defaultPorts = map[string]uint16{"http": 80, "https": 443}

// ParseOrigin reads an Origin header: https://name, or with a port. It is false
// for any other value, such as null.
func ParseOrigin(text string) (Origin, bool) {
	scheme, host, ok := strings.Cut(text, "://")
	if !ok {
		return Origin{}, false
	}
	return originOf(strings.ToLower(scheme), host)
}

// originOf reads a Host header: a name or an address, perhaps with a port. An
// IPv6 address stands in brackets.
func originOf(scheme, hostport string) (Origin, bool) {
	o := Origin{scheme: scheme, port: defaultPorts[scheme]}
	name, port := hostport, ""
	if end := strings.LastIndexByte(hostport, ':'); end > strings.LastIndexByte(hostport, ']') {
		name, port = hostport[:end], hostport[end+1:]
	}
	if o.port == 0 || strings.Trim(port, "0123456789") != "" {
		return o, false
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return o, false
		}
		o.port = uint16(n)
	}
	var ok bool
	o.host, ok = hostForm(name)
	return o, ok
}

// maxHostBytes is the maximum length of a name (RFC 1035), with a dot at its
// end.
const maxHostBytes = 254

// hostForm normalises a host as in an origin.
func hostForm(name string) (string, bool) {
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return addr.String(), ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > maxHostBytes {
		return "", false
	}
	if !isASCII(name) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", false
		}
		name = strings.TrimSuffix(name, ".")
	}
	name = strings.ToLower(name)
	for i := range len(name) {
		switch b := name[i]; {
		// Names of machines and containers may have underscores.
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '-', b == '.', b == '_':
		default:
			return "", false
		}
	}
	return name, name != "" && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// String returns the origin as the beginning of a URL.
func (o Origin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port != defaultPorts[o.scheme] {
		host += ":" + strconv.Itoa(int(o.port))
	}
	return o.scheme + "://" + host
}

// IsLoopback reports whether the host is localhost or a loopback address.
func (o Origin) IsLoopback() bool {
	addr, err := netip.ParseAddr(o.host)
	return o.host == "localhost" || err == nil && addr.IsLoopback()
}
