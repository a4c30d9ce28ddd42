-- Events, in the order they were committed. An id of "evt_" and a UUID is
-- stored as its 16 bytes, any other as text. Times are Unix microseconds.
CREATE TABLE events (
    seq      INTEGER PRIMARY KEY,
    id       ANY     NOT NULL,
    type     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    received INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    camera   TEXT,
    data     TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_type ON events (type);
CREATE INDEX events_camera ON events (camera) WHERE camera IS NOT NULL;

-- Facts about the journal itself. floor: the highest sequence number that
-- retention has removed, so that numbers are never used twice.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('floor', 0);

-- Webhook endpoints. All events up to cursor are settled, but for those in
-- pending. A removed endpoint's row stays, without its secret, for as long as
-- there are attempts that belong to it.
CREATE TABLE endpoints (
    n             INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    url           TEXT    NOT NULL,
    types         INTEGER NOT NULL,
    secret        TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    removed       INTEGER,
    cursor        INTEGER NOT NULL,
    failing_since INTEGER,
    delivered     INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    expired       INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Deliveries up to their endpoint's cursor that are not settled: waiting for
-- a try at due, or exhausted (due is null).
CREATE TABLE pending (
    endpoint INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    tries    INTEGER NOT NULL,
    due      INTEGER,
    PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;

-- Attempts, packed: a row holds what one lane settled at once. at is the
-- newest attempt's time in Unix milliseconds; entries is described in
-- attempt_codec.go.
CREATE TABLE attempts (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    seq_min  INTEGER NOT NULL,
    seq_max  INTEGER NOT NULL,
    failed   INTEGER NOT NULL,
    entries  BLOB    NOT NULL
) STRICT;
CREATE INDEX attempts_endpoint ON attempts (endpoint);
