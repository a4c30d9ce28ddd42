package webhooks

import (
	"strconv"
	"time"

	"postern/internal/delivery"
	"postern/views/ui"
)

// RecoverProps are the props of the page that recovers undelivered events.
type RecoverProps struct {
	ui.Frame
	Now   time.Time
	Flash ui.Flash
	Form  RecoverForm
	// Counts is the result of counting; nil if it wasn't requested.
	Counts []delivery.Undelivered
	// Recoveries are the newest, newest first.
	Recoveries []*delivery.Recovery
}

// RecoverForm has the values of the form.
type RecoverForm struct {
	// Webhooks are the ids of the selected webhooks; none means all. Label names them.
	Webhooks []string
	Label    string
	From, To string
	Causes   delivery.Causes
	Counted  bool
	Errors   map[string]string
}

// maxCounted is how many webhooks the table of counts shows.
const maxCounted = 100

// causeLabels name the causes in the form and in the table.
var causeLabels = map[delivery.Causes][2]string{
	delivery.CauseExhausted: {"Exhausted", "all attempts failed"},
	delivery.CauseSetAside:  {"Set aside", "taken out of an ordered webhook's way"},
	delivery.CauseSkipped:   {"Skipped", "a person resumed the webhook from now on"},
	delivery.CauseStorm:     {"Storm control", "repeats of an event that was sent"},
}

// totals returns how many events a recovery would deliver, how many have expired, and
// whether counting came to an end.
func totals(counts []delivery.Undelivered) (n int, expired int64, exact bool) {
	exact = true
	for i := range counts {
		n, expired, exact = n+counts[i].Total(), expired+counts[i].Expired, exact && counts[i].Exact
	}
	return n, expired, exact
}

// affected returns the webhooks that have something to recover, or that expired.
func (p RecoverProps) affected() (out []delivery.Undelivered) {
	for _, u := range p.Counts {
		if u.Total() > 0 || u.Expired > 0 || !u.Exact {
			out = append(out, u)
		}
	}
	return out
}

// countsHeading says what counting has found.
func (p RecoverProps) countsHeading() string {
	n, _, exact := totals(p.Counts)
	switch {
	case !exact:
		return "At least " + ui.Counted(int64(n), "event", "events") + " weren't delivered; there are too many to count them all."
	case n == 0:
		return "Nothing to recover: every event of that time was delivered, waits to be delivered, or isn't for the webhook."
	case n == 1:
		return "1 event wasn't delivered."
	default:
		return ui.Count(int64(n)) + " events weren't delivered."
	}
}

// submitLabel is the label of the button that begins the recovery.
func (p RecoverProps) submitLabel() string {
	n, _, exact := totals(p.Counts)
	if !exact {
		return "Recover them"
	}
	return "Recover " + ui.Counted(int64(n), "event", "events")
}

// expiredText says how many events are gone; empty for none.
func expiredText(n int64) string {
	if n == 0 {
		return ""
	}
	return ui.Counted(n, "undelivered event has", "undelivered events have") + " expired: retention has removed them, so that they can't be recovered."
}

// recoveryState names the state of a recovery.
func recoveryState(r *delivery.Recovery) string {
	switch {
	case r.Ended().IsZero():
		return "Running"
	case r.Stopped():
		return "Stopped"
	default:
		return "Done"
	}
}

// recoveryCounts says what a recovery has done.
func recoveryCounts(r *delivery.Recovery) string {
	var sent, failed, expired int64
	for _, one := range r.Replays {
		sent, failed, expired = sent+one.Sent, failed+one.Failed, expired+one.Expired
	}
	s := ui.Count(sent) + " delivered"
	if failed > 0 {
		s += ", " + ui.Counted(failed, "attempt", "attempts") + " failed"
	}
	if expired > 0 {
		s += ", " + ui.Count(expired) + " expired"
	}
	return s + " at " + ui.Counted(int64(len(r.Replays)), "webhook", "webhooks")
}

// progressOf returns how far a recovery has read, and how far there is to read.
func progressOf(r *delivery.Recovery) (done, length int64) {
	for _, one := range r.Replays {
		done, length = done+one.Position-one.After, length+one.Through-one.After
	}
	return done, length
}

// percentRead is how far a recovery has read, in percent.
func percentRead(r *delivery.Recovery) string {
	done, length := progressOf(r)
	return strconv.FormatInt(done*100/max(1, length), 10) + " %"
}

// anyRecovering reports whether a recovery runs.
func anyRecovering(all []*delivery.Recovery) bool {
	for _, r := range all {
		if r.Ended().IsZero() {
			return true
		}
	}
	return false
}
