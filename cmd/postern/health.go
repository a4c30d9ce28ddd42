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
	"time"
)

// healthTime bounds the whole of `postern health`.
const healthTime = 5 * time.Second

type healthCommand struct {
	Listen  string `default:"127.0.0.1:8000" env:"POSTERN_LISTEN" placeholder:"ADDRESS:PORT" help:"Where the Postern to ask listens (${default})."`
	TLSCert string `env:"POSTERN_TLS_CERT" placeholder:"FILE" help:"Given where it serves https."`
}

// Run asks a Postern on this machine whether it takes events and delivers
// them. Containers and service managers use it: their images may have no curl.
func (c *healthCommand) Run(p process) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen %q is not an address and a port; write it as 127.0.0.1:8000", c.Listen)}
	}
	// What listens on all addresses answers on the loopback one.
	if at, err := netip.ParseAddr(host); host == "" || err == nil && at.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	ctx, cancel := context.WithTimeout(p.ctx, healthTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return usageError{err}
	}
	client := http.Client{Transport: &http.Transport{
		// The certificate is for another name than this address. Nothing
		// secret is sent, and the answer is believed for what it is.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", c.Listen, errors.Unwrap(err))
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		_, err = fmt.Fprintln(p.stdout, "ready")
		return err
	}
	var problem struct{ Detail string }
	body, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		problem.Detail = "it answers " + res.Status
	}
	return fmt.Errorf("not ready: %s", problem.Detail)
}
