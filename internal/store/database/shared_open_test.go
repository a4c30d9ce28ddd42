package database

import (
	"context"
	"testing"
	"time"
)

func TestSharedOpenWaitsForOneThatIsStarting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		db, err := OpenShared(context.Background(), dir, Options{}, nil)
		if err == nil {
			err = db.Close()
		}
		opened <- err
	}()
	// It has the folder, and only then makes the store.
	db := newDB(dir, Options{}.withDefaults(), lock, false)
	if err := db.open(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := <-opened; err != nil {
		t.Errorf("OpenShared: %v", err)
	}
}

func TestAWriterDoesNotWaitForeverForACommandThatHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := Open(t.Context(), dir, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hanging, err := openTurn(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.file.Close()
	done := hanging.take()
	begun := time.Now()
	write := func() {
		if _, err := db.Exec(t.Context(), "INSERT INTO resolutions DEFAULT VALUES"); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if waited := time.Since(begun); waited < giveWay {
		t.Errorf("it gave way for %v", waited)
	}
	done()
	write()
	var n int
	if err := db.Reader().QueryRow("SELECT count(*) FROM resolutions").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v; want 2", n, err)
	}
}
