package database

import "context"

// Maintain is called once a second. It checks that the files are in place, moves a
// large write-ahead log into the database, and takes the reserve where there is room
// for it. It reports whether the database can be written, and has room.
func (db *DB) Maintain() (writable bool) {
	db.Lock()
	defer db.Unlock()
	if db.writer.conn == nil {
		return false
	}
	if db.checkFiles(len(FileSuffixes)) != nil {
		db.saveWAL()
		return false
	}
	db.lookAtWAL(context.Background())
	if db.reserve.short {
		db.regain()
	} else {
		db.reserve.take(4) // where the disk is nearly full, events have the rest
	}
	return !db.reserve.short
}
