package web

import (
	"postern/internal/store/database"
	settingspage "postern/views/settings"
)

// troubleWords describes each trouble with the data folder, in a few words and in
// sentences that say what to do.
var troubleWords = map[database.TroubleKind]struct{ short, sentences string }{
	database.TroubleReplaced: {"no events accepted: database file removed",
		"A database file was removed or replaced while Postern runs, so Postern accepts no events and no changes. " +
			"Events accepted before can still be read. Look at Postern's log before you restart it."},
	database.TroubleFull: {"no events accepted: disk full",
		"The disk is full, so Postern accepts no events. Free some space; Postern continues by itself within seconds."},
	database.TroubleUnwritable: {"no events accepted: database can't be written",
		"The database can't be written, so Postern accepts no events. Look at Postern's log, at the disk and at the data folder's permissions."},
	database.TroubleCheckpoints: {"checkpoints fail",
		"The write-ahead log can't be moved into the database file. Events are accepted and safe, but the log grows until the disk is full. " +
			"Look at Postern's log and at the disk."},
	database.TroubleWAL: {"write-ahead log large",
		"The write-ahead log is larger than 64 MiB. A backup or another long read keeps it from shrinking. " +
			"If neither is under way, look at Postern's log."},
}

// storageTroubles returns the troubles of the data folder as pages show them.
func (s *Server) storageTroubles() (out []settingspage.StorageProblem) {
	for _, t := range s.store.DB.Troubles() {
		words := troubleWords[t.Kind]
		out = append(out, settingspage.StorageProblem{Summary: words.short, Detail: words.sentences, Since: t.Since, Refuses: t.Kind.Refuses()})
	}
	return out
}
