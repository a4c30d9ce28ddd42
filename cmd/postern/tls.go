package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// certificateLooks is how long a certificate is used before its files are
// looked at again.
const certificateLooks = 10 * time.Second

// certificate is a certificate in files that other programs renew.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	held    *tls.Certificate
	changed [2]time.Time // of both files, as they were read
	looked  time.Time
}

// openCertificate reads the certificate in two files.
func openCertificate(cert, key string, log *slog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log}
	return c, c.read()
}

// secure serves TLS on ln with the certificate.
func (c *certificate) secure(ln net.Listener) net.Listener {
	return tls.NewListener(ln, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	})
}

// reload reads the files, whether they look changed or not.
func (c *certificate) reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	c.held, c.changed, c.looked = &pair, c.times(), time.Now()
	return nil
}

func (c *certificate) times() (changed [2]time.Time) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			changed[i] = info.ModTime()
		}
	}
	return changed
}

// current returns the certificate, and reads it again if its files have changed. If
// it can't be read, for instance while only one file is new, the former one stays.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < certificateLooks {
		return c.held
	}
	c.looked = time.Now()
	if c.times() == c.changed {
		return c.held
	}
	if err := c.read(); err != nil {
		c.log.Error("changed certificate can't be read; the previous one stays in use", slog.Any("error", err))
		return c.held
	}
	c.log.Info("certificate reloaded")
	return c.held
}
