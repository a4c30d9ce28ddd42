package webhook

import (
	"errors"
	"strings"
	"testing"

	"postern/internal/problem"
	"postern/internal/webhook/egress"
	"postern/internal/webhook/send"
)

// refusal is the *problem.Error that err must be.
func refusal(t *testing.T, err error) *problem.Error {
	t.Helper()
	var invalid *problem.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("the error is %v (%T), want a *problem.Error", err, err)
	}
	return invalid
}

// says returns what the refusal says about a field, and fails if it says
// anything about another one.
func says(t *testing.T, err error, field string) string {
	t.Helper()
	invalid := refusal(t, err)
	if len(invalid.Fields) != 1 || invalid.Fields[0].Field != field {
		t.Fatalf("the refusal names the fields %v, want only %s", invalid.Fields, field)
	}
	message := invalid.Fields[0].Message
	if !strings.Contains(invalid.Detail, field) || !strings.Contains(invalid.Detail, message) {
		t.Errorf("the detail %q doesn't name the field and what is wrong with it", invalid.Detail)
	}
	return message
}

// closedRules allow only https to public addresses.
var closedRules = rules{guard: egress.NewGuard(egress.Policy{}), payloads: send.NewPayloads(nil, "")}
