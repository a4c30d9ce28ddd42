package main

import (
	"fmt"
	"strconv"
	"time"

	"postern/internal/access"
	"postern/internal/admin"
	"postern/internal/event"
	"postern/internal/store/auditlog"
)

type auditCommand struct {
	List   auditList   `cmd:"" help:"List the audit, newest first."`
	Verify auditVerify `cmd:"" help:"Verify that the audit is unchanged."`
}

type auditList struct {
	folderFlags `embed:""`
	Actor       string   `aliases:"who" placeholder:"NAME" help:"Only entries of this account, key or user of the system."`
	Action      string   `placeholder:"ACTION" help:"Only this action, or all actions with this beginning, such as webhook."`
	Since       flagTime `placeholder:"TIME" help:"Only from this time on, as 2026-03-19T10:00:00Z, 1774180800, -7d or today."`
	Until       flagTime `placeholder:"TIME" help:"Only before this time."`
	Before      int64    `placeholder:"NUMBER" help:"Only entries before this one: the next page."`
	All         bool     `help:"Include entries for the start of operations whose end has its own entry."`
	Limit       int      `default:"100" placeholder:"ENTRIES" help:"At most this many, up to 500 (${default})."`
}

// flagTime is a time on the command line.
type flagTime struct{ time.Time }

// UnmarshalText reads a time in any form that the API accepts.
func (t *flagTime) UnmarshalText(text []byte) (err error) {
	t.Time, _, err = event.ParseMoment(string(text), time.Now(), nil)
	return err
}

// Run lists the audit.
func (c *auditList) Run(p process) error {
	if c.Limit < 1 || c.Limit > access.MaxAuditPage {
		return usageError{fmt.Errorf("--limit %d is outside 1 to %d", c.Limit, access.MaxAuditPage)}
	}
	return c.with(p, func(client *admin.Client) error {
		entries, err := client.Audit(p.ctx, auditlog.Query{Actor: c.Actor, Action: c.Action, Since: c.Since.Time, Until: c.Until.Time,
			Before: c.Before, Limit: c.Limit, Fold: !c.All})
		if err != nil {
			return err
		}
		rows := [][]string{{"ENTRY", "AT", "ACTOR", "ADDRESS", "ACTION", "TARGET", "OUTCOME", "DETAILS"}}
		for _, e := range entries {
			rows = append(rows, []string{strconv.FormatInt(e.N, 10), moment(e.At, ""), e.ActorKind + " " + e.Actor, e.Address, e.Action, e.Target,
				e.Outcome, e.Details})
		}
		return table(p, rows)
	})
}

type auditVerify struct {
	folderFlags `embed:""`
	Mark        access.Mark `placeholder:"NUMBER:HASH" help:"A mark that you noted earlier; the audit must still contain it."`
}

// Run verifies the audit. It fails when the audit is broken.
func (c *auditVerify) Run(p process) error {
	return c.with(p, func(client *admin.Client) error {
		report, err := client.VerifyAudit(p.ctx, c.Mark)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "The audit is whole: %d entries, %d to %d, since %s.\nIts mark, to note elsewhere: %s\n",
			report.Entries, report.First, report.Head, moment(report.Since, ""), access.Mark{N: report.Head, Hash: report.Hash})
		return err
	})
}
