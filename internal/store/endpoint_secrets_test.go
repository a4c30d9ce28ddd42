package store

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// A folder of version 8 had one old secret at most, in columns of its own.
func TestTheSecretsOfVersion8BecomeAList(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(fixture(8))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := newSealer(fixtureKey)
	if err != nil {
		t.Fatal(err)
	}
	const id = "wh_a1b2c3d4e5f6"
	until := start.Add(24 * time.Hour)
	for name, tc := range map[string]struct{ newest, old string }{
		"none":           {"", ""},
		"one":            {"whsec_only", ""},
		"two":            {"whsec_newest", "whsec_before"},
		"quotes in both": {`a "quoted" \ secret`, "ein Schlüssel für 'heute'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			oldUntil := "NULL"
			if tc.old != "" {
				oldUntil = fmt.Sprint(until.UnixMicro())
			}
			build(t, dir, string(script)+fmt.Sprintf("; UPDATE endpoints SET secret = '%s', old_secret = '%s', old_secret_until = %s WHERE n = 1;",
				sealer.seal(tc.newest, id), sealer.seal(tc.old, id), oldUntil))
			var want []EndpointSecret
			if tc.newest != "" {
				want = append(want, EndpointSecret{Text: tc.newest})
			}
			if tc.old != "" {
				want = append(want, EndpointSecret{Text: tc.old, Until: until})
			}
			var ids []string
			for range 2 { // the second time without an upgrade
				j := openAt(t, dir, Options{Key: fixtureKey})
				got := stored(t, j, id).Secrets
				if len(got) != len(want) {
					t.Fatalf("%d secrets, want %d", len(got), len(want))
				}
				for i := range got {
					if got[i].Text != want[i].Text || !got[i].Until.Equal(want[i].Until) || got[i].Form != "" || len(got[i].ID) != len("sec_0123456789ab") {
						t.Errorf("secret %d is %+v, want %+v", i, got[i], want[i])
					}
					if ids = append(ids, got[i].ID); ids[i] != got[i].ID || i > 0 && ids[i] == ids[i-1] {
						t.Errorf("the ids are %q", ids)
					}
				}
				closeStore(t, j)
			}
		})
	}
}

func TestDamagedSecretsAreNotRepeatedInTheError(t *testing.T) {
	t.Parallel()
	s, err := newSealer(fixtureKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", `["whsec_plain"]`, `[{"id":"sec_1","sealed":"whsec_plain"}]`, `[{"id":"sec_1","sealed":7}]`} {
		if got, err := s.openSecrets(text, "wh_a"); err == nil {
			t.Errorf("%s opens as %+v", text, got)
		} else if want := "wh_a"; !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "plain") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
