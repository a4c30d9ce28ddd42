package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"postern/internal/store/salvage"
)

// errSalvaged says that a file is broken, and that not all of it was restored.
var errSalvaged = errors.New("not everything was restored, since the file is damaged; look whether an older backup has what is missing; " +
	"docs/operating.md says what to do")

// lossWords name the content of each table, and say what to do if some of it is lost.
var lossWords = map[string]string{
	"accounts":          "Accounts: add those that are missing with postern user add.",
	"access_keys":       "Keys: make new ones for those that are missing with postern key add.",
	"endpoints":         "Webhooks: register those that are missing again.",
	"pending":           "Deliveries that wait for a retry: replay the time since the oldest of them.",
	"attempts":          "Attempts at deliveries: nothing to do.",
	"state_changes":     "The history of webhooks' states: nothing to do.",
	"replays":           "Replays: start those that were under way again.",
	"sessions":          "Sessions: people sign in again.",
	"audit":             "The audit: postern audit verify says where it is broken.",
	"audit_head":        "The signature of the audit's ends: postern audit verify says that it is gone.",
	"key_check":         "The mark of the right key: make sure that secret.key is that of the folder.",
	"acknowledgements":  "Acknowledgements of alerts: some are open again.",
	"open_alerts":       "Open alerts: they are found again among the events.",
	"alert_actions":     "The history of alerts: nothing to do.",
	"alert_assignees":   "People who take care of alerts: assign them again.",
	"silences":          "Silences: set those that are missing again.",
	"resolutions":       "Announcements that a state has ended: some alerts are open again.",
	"holds":             "Legal holds: set those that are missing again, before retention removes events.",
	"held_events":       "Events under a legal hold that the log doesn't have any more: look for them in an older backup.",
	"erasing":           "Erasures that were under way: erase again.",
	"snapshots":         "Snapshots: their files are removed with the next start.",
	"settings_versions": "Earlier settings of webhooks: pages of events say that they are unknown.",
	"unsent":            "Events that a person skipped: pages of events can't say so any more.",
	"attempt_bands":     "Heatmaps of webhooks: nothing to do.",
	"erasures":          "Records of erasures: erase again who was erased.",
	"producers":         "Producers: an event that is sent again may be taken for a new one.",
	"requests":          "Requests with an Idempotency-Key: sent again, they are carried out again.",
	"camera_settings":   "Cameras' settings: set those that are missing again.",
	"camera_troubles":   "Cameras' troubles: they are found again.",
	"counts":            "Counts of the last day: they are too small until tomorrow.",
	"gaps":              "Downtimes: nothing to do.",
	"meta":              "The store's own records: they are made again.",
}

// salvagedWords are the report of a restore from a broken file, a sentence a line.
func salvagedWords(s *salvage.Report) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("The file was read around its broken pages, since %s.", strings.Join(strings.Fields(s.Cause.Error()), " "))
	if s.Headless {
		line("Its first page is lost, which tells what stands where. It was read as a store of this version has it.")
	}
	if s.Missing > 0 {
		ranges := make([]string, len(s.Ranges))
		for i, r := range s.Ranges {
			if ranges[i] = fmt.Sprint(r.First); r.Last > r.First {
				ranges[i] += fmt.Sprintf("-%d", r.Last)
			}
		}
		list := strings.Join(ranges, ", ")
		if named := s.Named(); named < s.Missing {
			list += fmt.Sprintf(", and %s more", humanize.Comma(s.Missing-named))
		}
		line("Events that are missing: %s, with the numbers %s.", humanize.Comma(s.Missing), list)
	}
	if s.Unsure {
		line("There may have been more events, mostly newer ones: what would tell of them is lost too.")
	}
	for _, t := range s.Tables {
		words, ok := lossWords[t.Table]
		if !ok {
			words = t.Table + "."
		}
		line("Lost beside events: rows changed %s, pages %s, rows left %s. %s", humanize.Comma(t.Rows), humanize.Comma(int64(t.Pages)),
			humanize.Comma(t.Kept), words)
	}
	if s.Pages > 0 {
		line("Pages of which nobody knows what they held: %s.", humanize.Comma(int64(s.Pages)))
	}
	if s.Whole() {
		line("Nothing is lost.")
	} else {
		line("Webhooks, accounts, keys and other rows without a checksum were restored as they stand: look over them, " +
			"and erase again who was erased since the newest backup.")
	}
	return b.String()
}

// salvageProgress tells every five seconds how far a salvage is.
func salvageProgress(w io.Writer) func(done, of int64) {
	last := time.Now()
	return func(done, of int64) {
		if time.Since(last) < 5*time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(w, "Reading around the damage: %d %%.\n", 100*done/max(of, 1))
	}
}
