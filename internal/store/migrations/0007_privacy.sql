-- Erasures that were accepted and go on: events up to position are done, those
-- up to through are to be looked at. The identity is encrypted, and goes with
-- the row.
CREATE TABLE erasing (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    through  INTEGER NOT NULL,
    events   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Erasures that are done: when, how many events, and a keyed hash of whose.
CREATE TABLE erasures (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    tag    BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT;
CREATE INDEX erasures_tag ON erasures (tag);

-- Numbers in data with escapes were left out of words: an identity may be one.
DELETE FROM stretches WHERE n IN (SELECT (seq - 1) / 8192 FROM events WHERE instr(data, '\') > 0);

-- Legal holds. filter is JSON (holds.go); events and bytes are what retention
-- has moved to held_events for it. A released one stays until these are gone.
CREATE TABLE holds (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT    NOT NULL UNIQUE,
    reason   TEXT    NOT NULL,
    filter   TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    released INTEGER,
    events   INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Events under a hold that the log has no more, as they stood there.
CREATE TABLE held_events (
    n        INTEGER PRIMARY KEY,
    hold     INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    id       ANY     NOT NULL,
    type     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    received INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    camera   TEXT,
    data     TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX held_events_place ON held_events (hold, seq);
