package api

import (
	"testing"

	"postern/internal/store/requests"
)

// While a request is in progress, a repetition is refused.
func TestNamedRequests_RefuseARepetition(t *testing.T) {
	t.Parallel()
	var named namedRequests
	r := &requests.Request{Owner: "x", Route: "POST /x", Name: "a"}
	done, ok := named.begin(r)
	if _, twin := named.begin(r); !ok || twin {
		t.Error("a twin begins")
	}
	done()
	if len(named.all) != 0 {
		t.Errorf("%d are kept", len(named.all))
	}
}
