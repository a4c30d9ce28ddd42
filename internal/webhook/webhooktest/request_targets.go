package webhooktest

import "strings"

// RequestTarget returns the expected target of a URL's request line: the text after
// the host, byte for byte.
func RequestTarget(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	target := ""
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		target = rest[at:]
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" + target // HTTP has no empty path
	}
	return target
}

// RequestTargets are paths and queries that may be registered.
var RequestTargets = []string{
	"", "/", "?", "/?", "?a=b", "??", "/a", "//a", "//a//b//", "/a/", "/a/.", "/a/../b", "/../..", "/.", "/a/%2e%2e/b",
	"/a%2Fb", "/a%2fb", "/%2F", "/%2F%2F/x", "/a%2Fb/c%3Fd%23e", "/%41%62c", "/%7Euser/~user", "/%C3%BC", "/%c3%bC", "/%00", "/%25", "/%2525",
	"/a%20b", "/a+b", "/a%2Bb", "/a;b=c,d", "/a:b@c", "/!$&'()*+,;=:@", "/%7B%7D%22%3C%3E%5C%5E%60%7C", "/a%7Bb%7D%2Fc",
	"/in?token=a%2Fb", "/in?a=1&b=2", "/in?a=1&&b", "/in?&=", "/in?b=2&a=1", "/in?a=%22x%22", "/in?a=%7B%22x%22%3A1%7D", "/in?a=x%7Cy",
	"/in?a=%C3%BC", "/in?a=%fc",
	"/in?a[]=1&a[]=2", "/in?a=/b/../c?d", "/in?a=b+c%20d%2B", "/in?a=!$&'()*+,;=:@/?~", "/in?a=100%25",
	"/in?url=https://other.example/x?y=z", "/in?a=1;b=2",
	"/" + strings.Repeat("a%2F", 400),
}
