package webhooktest

// The addresses of the suite, which share one port. Both listen.
const (
	GoodHost = "127.77.0.1" // that --allow-target allows
	BadHost  = "127.0.0.1"
)

// TargetURLs are URLs that an attacker would register to reach a forbidden
// listener. PORT stands for the port of the receivers.
var TargetURLs = []struct {
	URL string
	// Refused is a part of what the refusal to register says; empty where
	// registration takes the URL.
	Refused string
	// Fails is a part of what the first delivery's failure says; empty where
	// the good receiver gets it.
	Fails string
}{
	// Loopback as itself, and in every notation of an IPv4 address.
	{URL: "http://127.0.0.1:PORT/", Refused: "127.0.0.1 is a loopback, private or special-purpose address"},
	{URL: "http://127.0.0.2:PORT/", Refused: "special-purpose"},
	{URL: "http://127.255.255.254:PORT/", Refused: "special-purpose"},
	{URL: "http://2130706433:PORT/", Refused: "reads as a number"},
	{URL: "http://017700000001:PORT/", Refused: "reads as a number"},
	{URL: "http://0x7f000001:PORT/", Refused: "reads as a number"},
	{URL: "http://0X7F000001:PORT/", Refused: "reads as a number"},
	{URL: "http://0x7f.0x0.0x0.0x1:PORT/", Refused: "reads as a number"},
	{URL: "http://0177.0.0.1:PORT/", Refused: "reads as a number"},
	{URL: "http://0177.0.0.0x1:PORT/", Refused: "reads as a number"},
	{URL: "http://127.0.0.01:PORT/", Refused: "reads as a number"},
	{URL: "http://127.1:PORT/", Refused: "reads as a number"},
	{URL: "http://127.0.1:PORT/", Refused: "reads as a number"},
	{URL: "http://0:PORT/", Refused: "reads as a number"},
	{URL: "http://127.0.0.1.:PORT/", Refused: "reads as a number"},
	{URL: "http://2130706433.:PORT/", Refused: "reads as a number"},
	{URL: "http://4294967296127.0.0.1:PORT/", Refused: "reads as a number"},
	{URL: "http://127.0.0.1%00.example:PORT/", Refused: "can't be read"},
	{URL: "http://127%2e0%2e0%2e1:PORT/", Refused: "can't be read"},
	// Digits and dots of other scripts, which IDNA turns into ours.
	{URL: "http://１２７.0.0.1:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://１２７．０．０．１:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://127。0。0。1:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://①②⑦.⓪.⓪.①:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://0ｘ7f000001:PORT/", Refused: "reads as a number"},
	// This host, and what else is not the internet.
	{URL: "http://0.0.0.0:PORT/", Refused: "special-purpose"},
	{URL: "http://0.0.0.1:PORT/", Refused: "special-purpose"},
	{URL: "http://10.0.0.1:PORT/", Refused: "special-purpose"},
	{URL: "http://172.31.255.255:PORT/", Refused: "special-purpose"},
	{URL: "http://192.168.0.1:PORT/", Refused: "special-purpose"},
	{URL: "http://198.18.0.1:PORT/", Refused: "special-purpose"},
	{URL: "http://224.0.0.1:PORT/", Refused: "special-purpose"},
	{URL: "http://255.255.255.255:PORT/", Refused: "special-purpose"},
	// Where clouds keep the machine's credentials.
	{URL: "http://169.254.169.254:PORT/latest/meta-data/", Refused: "169.254.169.254 is a"},
	{URL: "http://169.254.170.2:PORT/v2/credentials", Refused: "special-purpose"},
	{URL: "http://100.100.100.200:PORT/", Refused: "special-purpose"},
	{URL: "http://192.0.0.192:PORT/", Refused: "special-purpose"},
	{URL: "http://168.63.129.16:PORT/", Refused: "special-purpose"},
	{URL: "http://[fd00:ec2::254]:PORT/", Refused: "special-purpose"},
	{URL: "http://[::ffff:169.254.169.254]:PORT/", Refused: "169.254.169.254 is a"},
	// IPv6, and IPv4 in it.
	{URL: "http://[::1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[0:0:0:0:0:0:0:1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/", Refused: "special-purpose"},
	{URL: "http://[::]:PORT/", Refused: "special-purpose"},
	{URL: "http://[::ffff:127.0.0.1]:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://[::ffff:7f00:1]:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/", Refused: "127.0.0.1 is a loopback"},
	{URL: "http://[::ffff:0:7f00:1]:PORT/", Refused: "special-purpose"}, // SIIT
	{URL: "http://[::127.0.0.1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[64:ff9b::7f00:1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[64:ff9b::127.0.0.1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[64:ff9b:1::7f00:1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[2002:7f00:1::]:PORT/", Refused: "special-purpose"},
	{URL: "http://[2001:0:7f00:1::80ff:fffe]:PORT/", Refused: "special-purpose"}, // Teredo
	{URL: "http://[2001:db8::1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[fe80::1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[fec0::1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[ff02::1]:PORT/", Refused: "special-purpose"},
	{URL: "http://[fe80::1%25lo]:PORT/", Refused: "zone"},
	{URL: "http://[::1%25lo]:PORT/", Refused: "zone"},
	{URL: "http://[::1%251]:PORT/", Refused: "zone"},
	{URL: "http://[::ffff:127.0.0.1%25lo]:PORT/", Refused: "zone"},
	{URL: "http://[::1:PORT/", Refused: "can't be read"},
	{URL: "http://[127.0.0.1]:PORT/", Refused: "can't be read"},
	// URLs that parsers read in different ways.
	{URL: "http://127.0.0.1:PORT@good.test/", Refused: "user name or a password"},
	{URL: "http://good.test@127.0.0.1:PORT/", Refused: "user name or a password"},
	{URL: "http://good.test:pass@127.0.0.1:PORT/", Refused: "user name or a password"},
	{URL: "http://good.test%40127.0.0.1:PORT/", Refused: "can't be read"},
	{URL: `http://good.test\@127.0.0.1:PORT/`, Refused: "can't be read"},
	{URL: "http://good.test#@127.0.0.1:PORT/", Refused: "fragment"},
	{URL: "http://127.0.0.1:PORT#@good.test/", Refused: "fragment"},
	{URL: "http:127.0.0.1:PORT/", Refused: "can't be read|no host"},
	{URL: "http:///127.0.0.1:PORT/", Refused: "no host"},
	{URL: "http://good.test:PORT:80/", Refused: "can't be read|port"},
	{URL: "http://good.test\t.127.0.0.1:PORT/", Refused: "control character"},
	{URL: "gopher://127.0.0.1:PORT/", Refused: "must begin with https://"},
	{URL: "unix:///run/docker.sock", Refused: "must begin with https://"},
	{URL: "http://./", Refused: "no valid name"},
	{URL: "http://good..test:PORT/", Refused: "no valid name"},
	{URL: "http://denied.test..:PORT/", Refused: "no valid name"},
	{URL: "http://.good.test:PORT/", Refused: "no valid name"},
	// Ports.
	{URL: "http://good.test:22/", Refused: "port 22"},
	{URL: "http://good.test:0/", Refused: "outside 1 to 65535"},
	{URL: "http://good.test:65536/", Refused: "outside 1 to 65535"},
	{URL: "http://good.test/", Refused: "port 80"},
	{URL: "https://good.test/", Refused: "port 443"},
	// Names that are refused wherever they lead.
	{URL: "http://denied.test:PORT/", Refused: "--deny-host denied.test"},
	{URL: "http://DENIED.test.:PORT/", Refused: "--deny-host denied.test"},
	{URL: "http://a.b.corp.test:PORT/", Refused: "--deny-host *.corp.test"},
	{URL: "http://bücher.corp.test:PORT/", Refused: "--deny-host *.corp.test"},
	{URL: "http://ｄｅｎｉｅｄ.test:PORT/", Refused: "--deny-host denied.test"},
	{URL: "http://ßtraße.test:PORT/", Refused: "--deny-host xn--trae-pqac.test|--deny-host strasse.test|--deny-host xn--"},
	{URL: "http://xn--bcher-kva.test:PORT/", Refused: "--deny-host xn--bcher-kva.test"},
	{URL: "http://bücher.test:PORT/", Refused: "--deny-host xn--bcher-kva.test"},
	// Names that lead where nothing may go.
	{URL: "http://localhost:PORT/", Fails: "special-purpose"},
	{URL: "http://LOCALHOST.:PORT/", Fails: "special-purpose"},
	{URL: "http://loopback.test:PORT/", Fails: "special-purpose"},
	{URL: "http://loopback.test.:PORT/", Fails: "special-purpose"},
	{URL: "http://loopback6.test:PORT/", Fails: "special-purpose"},
	{URL: "http://mapped.test:PORT/", Fails: "special-purpose"},
	{URL: "http://nat64.test:PORT/", Fails: "special-purpose"},
	{URL: "http://6to4.test:PORT/", Fails: "special-purpose"},
	{URL: "http://any.test:PORT/", Fails: "special-purpose"},
	{URL: "http://any6.test:PORT/", Fails: "special-purpose"},
	{URL: "http://link.test:PORT/", Fails: "special-purpose"},
	{URL: "http://private.test:PORT/", Fails: "special-purpose"},
	{URL: "http://metadata.google.internal:PORT/computeMetadata/v1/", Fails: "special-purpose"},
	{URL: "http://platform.test:PORT/", Fails: "special-purpose"},
	{URL: "http://xn--lpback-cua.test:PORT/", Fails: "special-purpose"},
	{URL: "http://lópback.test:PORT/", Fails: "special-purpose"},
	{URL: "http://127.0.0.1.nip.test:PORT/", Fails: "special-purpose"},
	{URL: "http://0x7f.test:PORT/", Fails: "special-purpose"},
	{URL: "http://nowhere.test:PORT/", Fails: "could not be resolved"},
	// One bad address beside a good one: the good one is called.
	{URL: "http://good-bad.test:PORT/"},
	{URL: "http://bad-good.test:PORT/"},
	{URL: "http://good.test:PORT/"},
	{URL: "http://corp.test:PORT/"}, // not below itself
	{URL: "http://127.77.0.1:PORT/"},
	// Names that lead elsewhere the second time.
	{URL: "http://rebind.test:PORT/"},
	{URL: "http://rebind6.test:PORT/"},
	// Redirects to what may not be called.
	{URL: "http://good.test:PORT/redirect/301", Fails: "Redirects are not followed"},
	{URL: "http://good.test:PORT/redirect/302", Fails: "Redirects are not followed"},
	{URL: "http://good.test:PORT/redirect/303", Fails: "Redirects are not followed"},
	{URL: "http://good.test:PORT/redirect/307", Fails: "Redirects are not followed"},
	{URL: "http://good.test:PORT/redirect/308", Fails: "Redirects are not followed"},
}
