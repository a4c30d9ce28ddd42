package access

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/account"
	"postern/internal/store/accounts"
	"postern/internal/store/auditlog"
)

func TestRecordTellsWhoDidWhat(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.add("viv", account.Operator)
		_, p := s.signIn("viv")
		must(t, s.Record(ctx, p.From(netip.MustParseAddr("::ffff:192.0.2.7")),
			Entry{Action: EventExport, Target: "Al\x1b[31mice\n", Details: Details{"count": 3, "filter": "camera_id=lobby"}}))
		e := s.audited(EventExport)[0]
		if e.ActorKind != "account" || e.Actor != "viv" || e.Target != "Al\uFFFD[31mice\uFFFD" || e.Address != "192.0.2.7" ||
			e.Outcome != string(Done) ||
			e.Details != `{"count":3,"filter":"camera_id=lobby"}` || !e.At.Equal(time.Now().UTC().Truncate(time.Microsecond)) {
			t.Errorf("entry %+v", e)
		}
		for kind, actor := range map[string]Actor{"local": LocalPrincipal().From(netip.Addr{}), "key": {Kind: "key"}, "console": by,
			"nobody": Principal{}.From(home)} {
			if actor.Kind != kind {
				t.Errorf("%s is %+v", kind, actor)
			}
		}
		if err := s.Record(ctx, by, Entry{Action: "event.invented"}); err == nil || !strings.Contains(err.Error(), "event.invented") {
			t.Errorf("an action that isn't in the list: %v", err)
		}
		for _, action := range Actions() {
			must(t, s.Record(ctx, by, Entry{Action: action}))
		}
	})
}

func TestAnEntryIsBoundedAndHasNoSecrets(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		must(t, s.Record(ctx, by, Entry{Action: EventSearch, Target: strings.Repeat("é", 1000),
			Details: Details{"q": strings.Repeat("x", maxDetailsBytes)}}))
		if e := s.audited(EventSearch)[0]; len(e.Target) > maxTargetBytes+len("…") || strings.Contains(e.Target, "\uFFFD") ||
			e.Details != `{"clipped":true}` {
			t.Errorf("entry of %d bytes, %s", len(e.Target), e.Details)
		}
		must(t, s.Record(ctx, by, Entry{Action: EventSearch,
			Details: Details{"text": "a1b2", "camera_id": slices.Repeat([]string{"lobby"}, 500)}}))
		if e := s.audited(EventSearch)[0]; e.Details != `{"clipped":true,"text":"a1b2"}` {
			t.Errorf("a long list hides what was searched for: %s", e.Details)
		}
		must(t, s.Record(ctx, by, Entry{Action: EventSearch, Details: Details{"a": NewSecret("hunter2-hunter2"),
			"b": []Secret{NewSecret("hunter2-hunter2")}, "c": map[string]any{"d": NewSecret("hunter2-hunter2")}}}))
		if e := s.audited(EventSearch)[0]; e.Details != `{"a":"[secret]","b":["[secret]"],"c":{"d":"[secret]"}}` {
			t.Error(e.Details)
		}
		// A whole life of accounts, keys and sessions leaves none behind.
		s.add("viv", account.Viewer)
		id, p := s.signIn("viv")
		key := s.key("wall", account.ScopeMonitor)
		s.try("viv", "wrong password", home)
		s.OpenScreen(ctx, key, Origin{})
		must(t, s.ChangePassword(ctx, p, home, NewSecret(goodPassword), NewSecret("another good one")))
		told := fmt.Sprint(s.log.String())
		for _, e := range s.audited("") {
			told += fmt.Sprintf("%+v\n", e)
		}
		for _, secret := range []string{goodPassword, "wrong password", "another good one", id.Reveal(), key.Reveal(),
			key.Reveal()[hintLength:], "argon2"} {
			if strings.Contains(told, secret) {
				t.Errorf("%q is told:\n%s", secret, told)
			}
		}
	})
}

func TestTheAuditIsTrimmedAboutOnceADay(t *testing.T) {
	simulate(t, func(t *testing.T, first *site) {
		s := serviceOn(t, first.j, first.dir, Options{RetainAudit: 10 * 24 * time.Hour})
		begun := time.Now()
		// Run polls much more often; here only its hourly step matters.
		for day := range 30 {
			for hour := range 24 {
				if hour%8 == 0 {
					must(t, s.Record(ctx, by, Entry{Action: EventSearch, Target: fmt.Sprint(day)}))
				}
				must(t, s.trimAudit(ctx))
				time.Sleep(time.Hour)
			}
		}
		report, err := s.Verify(ctx, Mark{})
		must(t, err)
		if age := time.Since(report.Since); age < 9*24*time.Hour || age > 11*24*time.Hour+time.Hour {
			t.Errorf("the oldest entry is %v old", age)
		}
		if n := len(s.audited(AuditTrim)); n < 8 || n > 12 {
			t.Errorf("%d trims in ten days", n)
		}
		if report.First == 1 || !begun.Before(report.Since) {
			t.Errorf("report %+v", report)
		}
	})
}

func TestManyEntriesAreTrimmedInSteps(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		s.opts.RetainAudit = time.Hour
		must(t, s.j.Accounts.Change(ctx, func(tx *accounts.Tx) error {
			for range 2*trimStep + 10 {
				row, err := Entry{Action: EventSearch}.row(by)
				if err == nil {
					err = tx.Audit(row)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		time.Sleep(time.Hour + trimSlack + time.Second)
		must(t, s.trimAudit(ctx))
		report, err := s.Verify(ctx, Mark{})
		must(t, err)
		if report.Entries != 3 { // one that tells of each step
			t.Errorf("report %+v", report)
		}
	})
}

func TestABrokenAuditIsKeptAndLogged(t *testing.T) {
	simulate(t, func(t *testing.T, s *site) {
		must(t, s.Record(ctx, by, Entry{Action: EventSearch}))
		s.opts.RetainAudit = time.Minute
		must(t, s.j.Accounts.Change(ctx, func(tx *accounts.Tx) error {
			return tx.Audit(&auditlog.Entry{ActorKind: "postern", Action: string(AuditBroken)})
		}))
		time.Sleep(time.Minute + trimSlack + time.Second)
		s.run()
		passes(t, time.Second)
		if log := s.log.String(); !strings.Contains(log, "trim audit") || !strings.Contains(log, "broken") {
			t.Errorf("the log says %q", log)
		}
		if n := len(s.audited("")); n != 3 {
			t.Errorf("%d entries are left", n)
		}
	})
}
