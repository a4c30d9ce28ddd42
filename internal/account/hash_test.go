package account

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestPasswordHash_prints_as_nothing(t *testing.T) {
	t.Parallel()
	a := &Account{Name: "Alice", Password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("hash", a.Password), slog.Any("account", a))
	printed := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb, a) + fmt.Sprintf(verb, *a) + fmt.Sprintf(verb, a.Password)
	}
	if strings.Contains(printed, "argon2id") || strings.Contains(printed, fmt.Sprintf("%x", "argon2id")) {
		t.Error("a hash is printed:", printed)
	}
}
