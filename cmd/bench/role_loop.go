package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// loopInFlight is Postern's default for the requests in flight to an endpoint.
const loopInFlight = 32

// send posts one signed event. It is used by one goroutine at a time.
type send func(body []byte, headers []header) error

type header struct{ name, value string }

// bareLoop posts events to args[0] and does nothing else: args[1] events as fast as
// possible, or with args[2] for the duration args[1] at that rate a second.
func bareLoop(args []string, client func(to string) (send, error)) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	rate := 0
	if len(args) > 2 {
		if rate, err = strconv.Atoi(args[2]); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	var next atomic.Int64
	due := make(chan time.Time, n)
	if rate > 0 {
		go pace(context.Background(), time.Now(), rate, n, due)
	}
	return together(loopInFlight, func(int) error {
		send, err := client(args[0])
		if err != nil {
			return err
		}
		body, sign := newEvent(), newSigner(benchSecret)
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			if rate > 0 {
				stampSent(body, <-due)
			}
			stampNumber(body, i)
			if err := send(body, sign.headers(body)); err != nil {
				return err
			}
		}
		return nil
	})
}

// signer signs as the reference and Standard Webhooks say.
type signer struct{ body, standard hash.Hash }

func newSigner(secret string) *signer {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	return &signer{hmac.New(sha256.New, []byte(secret)), hmac.New(sha256.New, key)}
}

func (s *signer) headers(body []byte) []header {
	const id = "evt_01a2086a-4ab6-7726-8020-5bee00bdca41"
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	s.body.Reset()
	s.body.Write(body)
	s.standard.Reset()
	fmt.Fprintf(s.standard, "%s.%s.", id, timestamp)
	s.standard.Write(body)
	return []header{
		{"Content-Type", "application/json"}, {"User-Agent", "Postern/0"},
		{"X-Event-Type", "face_matched"}, {"X-Event-Id", id},
		{"Webhook-Id", id}, {"Webhook-Timestamp", timestamp},
		{"X-Signature-256", "sha256=" + hex.EncodeToString(s.body.Sum(nil))},
		{"Webhook-Signature", "v1," + base64.StdEncoding.EncodeToString(s.standard.Sum(nil))},
	}
}

var sharedTransport = &http.Transport{
	MaxIdleConnsPerHost: loopInFlight, MaxConnsPerHost: loopInFlight, DisableCompression: true,
}

// standardClient is the client that Postern delivers with.
func standardClient(to string) (send, error) {
	u, err := url.Parse(to)
	return func(body []byte, headers []header) error {
		h := make(http.Header, len(headers))
		for _, header := range headers {
			h[header.name] = []string{header.value}
		}
		res, err := sharedTransport.RoundTrip(&http.Request{
			Method: http.MethodPost, URL: u, Host: u.Host, Header: h, ContentLength: int64(len(body)),
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(bytes.NewReader(body)),
		})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}, err
}

var sharedFast = &fasthttp.Client{MaxConnsPerHost: loopInFlight, NoDefaultUserAgentHeader: true}

// fastClient is fasthttp, the fastest client for Go.
func fastClient(to string) (send, error) {
	return func(body []byte, headers []header) error {
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(res)
		req.SetRequestURI(to)
		req.Header.SetMethod(http.MethodPost)
		for _, h := range headers {
			req.Header.Set(h.name, h.value)
		}
		req.SetBodyRaw(body)
		return sharedFast.Do(req, res)
	}, nil
}
