package web

import (
	"postern/internal/journal"
	"postern/views"
)

// troubleWords says in a few words, and in sentences, what a trouble with the
// data folder means and what to do.
var troubleWords = map[journal.TroubleKind]struct{ short, sentences string }{
	journal.TroubleReplaced: {"no events accepted: database file removed",
		"A database file was removed or replaced while Postern runs, so Postern accepts no events and no changes. Events accepted before can still be read. Look at Postern's log before you restart it."},
	journal.TroubleFull: {"no events accepted: disk full",
		"The disk is full, so Postern accepts no events. Make room on it; Postern goes on by itself within seconds."},
	journal.TroubleUnwritable: {"no events accepted: database can't be written",
		"The database can't be written, so Postern accepts no events. Look at Postern's log, at the disk and at the data folder's permissions."},
}

// storageTroubles are the faults of the data folder as pages show them.
func (s *Server) storageTroubles() (out []views.StorageTrouble) {
	for _, t := range s.journal.Troubles() {
		words := troubleWords[t.Kind]
		out = append(out, views.StorageTrouble{Words: words.short, Detail: words.sentences, Since: t.Since, Refuses: t.Kind.Refuses()})
	}
	return out
}
