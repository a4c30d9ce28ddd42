package main

import (
	"errors"
	"fmt"
	"os"

	"postern/internal/webhook/send"

	"postern/internal/webhook/egress"
)

// targetFlags are the flags about the URLs and the content of deliveries.
type targetFlags struct {
	DenyHost      []egress.HostPattern `env:"POSTERN_DENY_HOST" placeholder:"NAME" help:"Never deliver to this host, or with *.NAME to any below it; repeat it or separate them by commas."`
	TargetPorts   []egress.PortRange   `env:"POSTERN_TARGET_PORTS" placeholder:"PORTS" help:"Deliver to these ports only, such as 443,9000-9100 (all)."`
	DeliveryProxy string               `env:"POSTERN_DELIVERY_PROXY" placeholder:"URL" help:"Deliver through this HTTP proxy. Its user:password goes into POSTERN_DELIVERY_PROXY_LOGIN. The usual proxy variables are ignored."`
	PublicURL     string               `name:"public-url" env:"POSTERN_PUBLIC_URL" placeholder:"URL" help:"Where receivers reach Postern, for the links in thin payloads."`

	proxy *egress.Proxy // that DeliveryProxy names; nil for none
}

// loginVariable holds the proxy's user:password. There is no flag for it.
const loginVariable = "POSTERN_DELIVERY_PROXY_LOGIN"

// check finds what is wrong with the flags beyond their form.
func (f *targetFlags) check() error {
	// The messages repeat neither value, since it may contain a password.
	login := os.Getenv(loginVariable)
	if f.DeliveryProxy != "" {
		proxy, err := egress.ParseProxy(f.DeliveryProxy, login)
		if err != nil {
			return usageError{fmt.Errorf("--delivery-proxy: %w (user:password goes into %s)", err, loginVariable)}
		}
		f.proxy = proxy
	} else if login != "" {
		return usageError{errors.New(loginVariable + " is set, but no --delivery-proxy")}
	}
	public, err := send.ParsePublicURL(f.PublicURL)
	if err != nil {
		return usageError{fmt.Errorf("--public-url: %w", err)}
	}
	f.PublicURL = public
	return nil
}
