PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
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
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
, settings TEXT NOT NULL DEFAULT '{}', state TEXT NOT NULL DEFAULT 'active', state_at INTEGER NOT NULL DEFAULT 0, state_cause TEXT NOT NULL DEFAULT '', old_secret TEXT NOT NULL DEFAULT '', old_secret_until INTEGER, suppressed INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE pending (
    endpoint INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    tries    INTEGER NOT NULL,
    due      INTEGER, replay INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE key_check (
    value TEXT NOT NULL
) STRICT;
CREATE TABLE state_changes (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    cause    TEXT    NOT NULL
) STRICT;
CREATE INDEX state_changes_endpoint ON state_changes (endpoint);
CREATE TABLE replays (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    endpoint    INTEGER NOT NULL,
    types       INTEGER NOT NULL,
    after_seq   INTEGER NOT NULL,
    through_seq INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    sent        INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    created     INTEGER NOT NULL,
    ended       INTEGER,
    stopped     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX replays_endpoint ON replays (endpoint);
CREATE INDEX attempts_failed ON attempts (endpoint) WHERE failed > 0;
INSERT INTO events VALUES (3, X'9F8E7D6C5B4A3210FEDCBA9876543210', 2, 1773916335000000, 1773916335123456, 'face_pipeline', 'lobby-cam-1', '{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"}');
INSERT INTO events VALUES (4, '42', 10, 1773916336000001, 1773916335123456, 'video 😀', NULL, '{}');
INSERT INTO events VALUES (5, 'own-id_7', 1, -1000000, 1773916335123456, 'it''s', 'höhe', '{"n":0.10,"u":"\u00e9é\n"}');
INSERT INTO meta VALUES ('floor', 2);
INSERT INTO endpoints VALUES (1, 'wh_a1b2c3d4e5f6', 'https://example.com/wh_a1b2c3d4e5f6', 2147483648, 'sealed1:LLIodSvkR3hbvxo+y64xzRRMLNpCk5s5Z6m2Fgk1ObHz45Mw0Ip4RfLm4tKtEYYq2w==', 1773916335123456, 1773919935123456, NULL, 5, 1773916395123456, 7, 3, 2, '{}', 'failing', 1773916395123456, '', '', NULL, 0, 0);
INSERT INTO endpoints VALUES (2, 'wh_gone', 'https://example.com/wh_gone', 4, '', 1773916335123456, 1773916335123456, 1773916335123456, 3, NULL, 0, 0, 0, '{}', 'active', 1773916335123456, '', '', NULL, 0, 0);
INSERT INTO pending VALUES (1, 3, 9, NULL, 0);
INSERT INTO pending VALUES (1, 4, 2, 1773919935123456, 0);
INSERT INTO attempts VALUES (1, 1, 1773916339123, 4, 4, 1, X'010000D20902F703031974686520726563656976657220616E7377657265642035303317485454502F312E31203530330D0A0D0A6E6F74206E6F77');
INSERT INTO attempts VALUES (2, 1, 1773916340123, 3, 5, 0, X'0100D00FD20901C801000200D20901C80100');
INSERT INTO attempts VALUES (3, 2, 1773916338123, 3, 3, 1, X'010000D20901F703021974686520726563656976657220616E7377657265642035303317485454502F312E31203530330D0A0D0A6E6F74206E6F77');
INSERT INTO key_check VALUES ('sealed1:5A1woGDfigd9lg1J9yQHF8F7o9BP7aH0kTh1FXUeRLrhxmg=');
INSERT INTO state_changes VALUES (1, 1, 1773916395123456, 'failing', '');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES ('endpoints', 2);
INSERT INTO sqlite_sequence VALUES ('state_changes', 1);
INSERT INTO sqlite_sequence VALUES ('attempts', 3);
PRAGMA user_version = 2;
