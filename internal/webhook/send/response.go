package send

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// responseBody is the part of a response's body that was read.
type responseBody struct {
	head  []byte // raw, at most MaxResponseText bytes
	size  int64  // bytes read in all
	whole bool   // the body ended there
}

// readResponse reads a bounded part of a response's body.
func readResponse(res *http.Response) (b responseBody, err error) {
	if res.StatusCode == http.StatusSwitchingProtocols {
		// The body is the bare connection here, which neither the time limit
		// nor a cancellation ends.
		return responseBody{whole: true}, nil
	}
	var head bytes.Buffer
	b.size, err = io.CopyN(&head, res.Body, MaxResponseText)
	b.head = head.Bytes()
	if err == nil {
		var rest int64
		rest, err = io.CopyN(io.Discard, res.Body, maxResponseBytes-MaxResponseText)
		b.size += rest
	}
	if errors.Is(err, io.EOF) {
		b.whole, err = true, nil
	}
	return b, err
}
