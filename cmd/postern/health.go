package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// healthTime bounds the whole of `postern health`.
const healthTime = 5 * time.Second

type healthCommand struct {
	Listen  string `default:"localhost:8000" env:"POSTERN_LISTEN" placeholder:"ADDRESS:PORT" help:"Where the Postern to ask listens (${default})."`
	TLSCert string `env:"POSTERN_TLS_CERT" placeholder:"FILE" help:"Given where it serves https."`
}

// Run asks a Postern on this machine whether it takes events and delivers
// them. Containers and service managers use it: their images may have no curl.
func (c *healthCommand) Run(p process) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen %q is not an address and a port; write it as localhost:8000", c.Listen)}
	}
	hosts := []string{host}
	// A server that listens on all addresses also answers on the loopback
	// addresses. A container image may lack the file that defines localhost.
	if at, err := netip.ParseAddr(host); host == "" || isLocalhost(host) || err == nil && at.IsUnspecified() {
		hosts = localhostAddresses
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	ctx, cancel := context.WithTimeout(p.ctx, healthTime)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		// The certificate has another name than this address. The request has
		// no secret, and a forged answer only affects the result.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	var res *http.Response
	for _, host := range hosts {
		req, bad := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
		if bad != nil {
			return usageError{bad}
		}
		if res, err = client.Do(req); err == nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", c.Listen, errors.Unwrap(err))
	}
	defer res.Body.Close()
	var said struct {
		Detail   string
		Degraded []string
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	understood := json.Unmarshal(body, &said) == nil
	switch {
	case res.StatusCode == http.StatusOK && len(said.Degraded) > 0: // events are still accepted: nothing to restart it for
		_, err = fmt.Fprintln(p.stdout, "ready, but degraded:", strings.Join(said.Degraded, " "))
	case res.StatusCode == http.StatusOK:
		_, err = fmt.Fprintln(p.stdout, "ready")
	case understood && said.Detail != "":
		err = fmt.Errorf("not ready: %s", said.Detail)
	default:
		err = fmt.Errorf("not ready: it answers %s", res.Status)
	}
	return err
}
