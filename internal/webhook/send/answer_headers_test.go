package send

import (
	"net/http"
	"strings"
	"testing"

	"postern/internal/delivery"
)

func TestAnswerHeaders_HideSecrets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, want string }{
		{"Content-Type", "text/plain", "text/plain"},
		{"Set-Cookie", "sid=1; Path=/", hiddenValue},
		{"X-Amz-Security-Token", "abc", hiddenValue},
		{"X-Api-Key", "abc", hiddenValue},
		{"X-Session-Id", "abc", hiddenValue},
		{"X-User-Name", "alice", hiddenValue},
		{"Authorization", "Bearer abc", hiddenValue},
		{"Www-Authenticate", "Bearer", "Bearer"},
		{"Www-Authenticate", "Negotiate YIIJvwYGKwYBBQUC", "Negotiate " + hiddenValue},
		{"Location", "https://u:p@login.example/in?token=abc#x", "https://login.example/in?" + hiddenValue},
		{"Location", "/elsewhere", "/elsewhere"},
		{"Location", "http://[bad?token=abc", "http://[bad" + hiddenValue},
		{"X-Echo", "it was " + delivery.SecretPrefix + "abc", hiddenValue},
		{"X-Text", "a\x01b\xffc", "a\uFFFDb\uFFFDc"},
		{"X-Long", strings.Repeat("é", 400), strings.Repeat("é", 126) + "…"},
	} {
		got, leftOut := answerHeaders(http.Header{tc.name: {tc.value}})
		if len(got) != 1 || leftOut != 0 || got[0] != (delivery.Header{Name: tc.name, Value: tc.want}) {
			t.Errorf("%s: %q became %q, want %q", tc.name, tc.value, got, tc.want)
		}
	}
}

func TestAnswerHeaders_AreBounded(t *testing.T) {
	t.Parallel()
	many := make(http.Header)
	for i := range 200 {
		many.Add("X-"+string(rune('A'+i%26)), strings.Repeat("v", 1+i))
	}
	kept, leftOut := answerHeaders(many)
	size := 0
	for i, h := range kept {
		size += len(h.Name) + len(h.Value)
		if i > 0 && h.Name < kept[i-1].Name {
			t.Errorf("%s comes after %s", h.Name, kept[i-1].Name)
		}
	}
	if len(kept) > MaxAnswerHeaders || size > MaxAnswerHeaderBytes || len(kept)+leftOut != 200 || len(kept) == 0 {
		t.Errorf("%d headers of %d bytes are kept, %d left out", len(kept), size, leftOut)
	}
}
