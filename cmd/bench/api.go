package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call makes one request to the API and decodes its answer into a struct; nil
// discards the answer.
func (p *process) call(method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, "http://"+p.addr+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = read(res, into)
	return err
}

// get decodes an answer of the API and returns its length.
func (p *process) get(path string, into any) (length int, err error) {
	res, err := http.Get("http://" + p.addr + path)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	return read(res, into)
}

func read(res *http.Response, into any) (length int, err error) {
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode > 299 {
		return 0, fmt.Errorf("%s %s: %d: %s", res.Request.Method, res.Request.URL.Path, res.StatusCode, text)
	}
	if into != nil {
		err = json.Unmarshal(text, into)
	}
	return len(text), err
}

// benchSecret signs all deliveries.
const benchSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

const hooks = eventsPath + "/webhooks"

// metric reads one value without labels from /metrics.
func (p *process) metric(name string) (float64, error) {
	res, err := http.Get("http://" + p.addr + "/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("/metrics has no %s", name)
}
