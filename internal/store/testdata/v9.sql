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
, producer INTEGER NOT NULL DEFAULT 0, producer_id ANY, renamed INTEGER, site TEXT, sum INTEGER) STRICT;
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_type ON events (type);
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE endpoints (
    n             INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    url           TEXT    NOT NULL,
    types         INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL,
    removed       INTEGER,
    cursor        INTEGER NOT NULL,
    failing_since INTEGER,
    delivered     INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    expired       INTEGER NOT NULL DEFAULT 0
, settings TEXT NOT NULL DEFAULT '{}', state TEXT NOT NULL DEFAULT 'active', state_at INTEGER NOT NULL DEFAULT 0, state_cause TEXT NOT NULL DEFAULT '', suppressed INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, hours BLOB NOT NULL DEFAULT x'', began_after INTEGER NOT NULL DEFAULT 0, skipped_after INTEGER NOT NULL DEFAULT 0, skipped_through INTEGER NOT NULL DEFAULT 0, secrets TEXT NOT NULL DEFAULT '[]', expired_retries INTEGER NOT NULL DEFAULT 0) STRICT;
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
, announcement TEXT NOT NULL DEFAULT '', announced INTEGER, opening INTEGER NOT NULL DEFAULT 0) STRICT;
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
CREATE TABLE stretches (
    n       INTEGER PRIMARY KEY,
    at_min  INTEGER NOT NULL,
    at_max  INTEGER NOT NULL,
    types   INTEGER NOT NULL,
    words   BLOB    NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL
, sum INTEGER) STRICT;
CREATE TABLE gaps (
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX events_camera ON events (camera, type) WHERE camera IS NOT NULL;
CREATE TABLE accounts (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    role        TEXT    NOT NULL,
    cameras     TEXT,
    password    TEXT    NOT NULL,
    password_at INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    disabled    INTEGER,
    signed_in   INTEGER
) STRICT;
CREATE TABLE access_keys (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    hash    BLOB    NOT NULL UNIQUE,
    hint    TEXT    NOT NULL,
    scopes  TEXT    NOT NULL,
    cameras TEXT,
    created INTEGER NOT NULL,
    expires INTEGER,
    used    INTEGER
, producer TEXT NOT NULL DEFAULT '', site TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE sessions (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB    NOT NULL UNIQUE,
    account    INTEGER,
    access_key INTEGER,
    created    INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    agent      TEXT    NOT NULL
) STRICT;
CREATE TABLE audit (
    n          INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    details    TEXT    NOT NULL,
    hash       BLOB    NOT NULL
) STRICT;
CREATE TABLE audit_head (
    first  INTEGER NOT NULL,
    before BLOB    NOT NULL,
    n      INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    mac    BLOB    NOT NULL
) STRICT;
CREATE TABLE acknowledgements (
    seq INTEGER PRIMARY KEY,
    at  INTEGER NOT NULL,
    who TEXT    NOT NULL
, resolver TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE acknowledged_through (
    seq   INTEGER PRIMARY KEY,
    after INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    who   TEXT    NOT NULL
) STRICT;
CREATE INDEX attempts_seq ON attempts (seq_max);
CREATE INDEX attempts_wide ON attempts (seq_max) WHERE seq_max - seq_min >= 1024;
CREATE TABLE erasing (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    through  INTEGER NOT NULL,
    events   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE erasures (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    tag    BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT;
CREATE INDEX erasures_tag ON erasures (tag);
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
, producer_id ANY, site TEXT, sum INTEGER) STRICT;
CREATE UNIQUE INDEX held_events_place ON held_events (hold, seq);
CREATE TABLE indexes (
    n       INTEGER PRIMARY KEY,
    content BLOB    NOT NULL
, sum INTEGER) STRICT;
CREATE TABLE resolutions (
    seq INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE requests (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    owner  TEXT    NOT NULL,
    route  TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    digest BLOB    NOT NULL,
    made   TEXT    NOT NULL,
    status INTEGER NOT NULL,
    answer BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    UNIQUE (owner, route, name)
) STRICT;
CREATE INDEX requests_owner ON requests (owner, n);
CREATE TABLE producers (
    n    INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL UNIQUE COLLATE NOCASE
) STRICT;
CREATE INDEX events_producer_id ON events (producer, producer_id) WHERE producer_id IS NOT NULL;
CREATE TABLE camera_settings (
    camera       TEXT PRIMARY KEY,
    silent_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE camera_troubles (
    camera    TEXT PRIMARY KEY,
    reported  INTEGER NOT NULL,
    since     INTEGER NOT NULL,
    heard     INTEGER NOT NULL,
    opened    TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    announced INTEGER NOT NULL,
    closed    TEXT    NOT NULL,
    closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counts (
    name    TEXT    PRIMARY KEY,
    n       INTEGER NOT NULL,
    through INTEGER NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX state_changes_waiting ON state_changes (announcement) WHERE announced IS NULL AND announcement != '';
CREATE INDEX state_changes_openings ON state_changes (endpoint, announced) WHERE opening > 0;
CREATE TABLE verifications (
    n      INTEGER PRIMARY KEY,
    result TEXT    NOT NULL
) STRICT;
INSERT INTO events VALUES (3, X'9F8E7D6C5B4A3210FEDCBA9876543210', 2, 1773916335000000, 1773916335123456, 'face_pipeline', 'lobby-cam-1', '{"identity_id":"abc-123","label":"Alice Smith","similarity":0.91,"watchlist":"default"}', 0, NULL, NULL, NULL, 1337214418);
INSERT INTO events VALUES (4, '42', 10, 1773916336000001, 1773916335123456, 'video 😀', NULL, '{}', 0, NULL, NULL, NULL, 1048457635);
INSERT INTO events VALUES (5, 'own-id_7', 1, -1000000, 1773916335123456, 'it''s', 'höhe', '{"n":0.10,"u":"\u00e9é\n"}', 0, NULL, NULL, NULL, 4215938900);
INSERT INTO meta VALUES ('access', 1);
INSERT INTO meta VALUES ('acknowledged', 5);
INSERT INTO meta VALUES ('blanked', 2);
INSERT INTO meta VALUES ('blanked_row', 0);
INSERT INTO meta VALUES ('born', 1773916335123456);
INSERT INTO meta VALUES ('clock', 1773923535123456);
INSERT INTO meta VALUES ('clock_held', 0);
INSERT INTO meta VALUES ('floor', 2);
INSERT INTO meta VALUES ('sums_from', 1);
INSERT INTO endpoints VALUES (1, 'wh_a1b2c3d4e5f6', 'https://example.com/wh_a1b2c3d4e5f6', 2147483648, 1773916335123456, 1773919935123456, NULL, 5, 1773916395123456, 7, 3, 2, '{}', 'failing', 1773916395123456, '', 0, 0, X'', 0, 0, 0, '[{"id":"sec_1","sealed":"sealed1:0C757WCO/PwF4BcXIWsbXa+5yA5oXyP7vm923tUJumRT7/ELxVkUs52Yg9q31vyG7Q==","form":"raw"}]', 0);
INSERT INTO endpoints VALUES (2, 'wh_gone', 'https://example.com/wh_gone', 4, 1773916335123456, 1773916335123456, 1773916335123456, 3, NULL, 0, 0, 0, '{}', 'active', 1773916335123456, '', 0, 0, X'', 0, 0, 0, '[]', 0);
INSERT INTO pending VALUES (1, 3, 9, NULL, 0);
INSERT INTO pending VALUES (1, 4, 2, 1773919935123456, 0);
INSERT INTO attempts VALUES (1, 1, 1773916339123, 4, 4, 1, X'010000D20902F703031974686520726563656976657220616E7377657265642035303317485454502F312E31203530330D0A0D0A6E6F74206E6F77');
INSERT INTO attempts VALUES (2, 1, 1773916340123, 3, 5, 0, X'0100D00FD20901C801000200D20901C80100');
INSERT INTO attempts VALUES (3, 2, 1773916338123, 3, 3, 1, X'010000D20901F703021974686520726563656976657220616E7377657265642035303317485454502F312E31203530330D0A0D0A6E6F74206E6F77');
INSERT INTO key_check VALUES ('sealed1:Xl71jnWW/Ga9P/lKHHtll7uZAT2fNYOnk1pQ78eML7nDEnE=');
INSERT INTO state_changes VALUES (1, 1, 1773916395123456, 'failing', '', '', NULL, 0);
INSERT INTO state_changes VALUES (2, 2, 1773916335123456, 'removed', '', '', NULL, 0);
INSERT INTO accounts VALUES (1, 'Alice', 'operator', '["höhe","lobby-cam-1"]', '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA', 1773916335123456, 1773912735123456, NULL, 1773919935123456);
INSERT INTO access_keys VALUES (1, 'engine', X'0102030000000000000000000000000000000000000000000000000000000000', 'pst_Ab3d', 'ingest read', NULL, 1773916335123456, 1774002735123456, 1773916336123456, 'engine', '');
INSERT INTO sessions VALUES (1, X'0400000000000000000000000000000000000000000000000000000000000000', 1, NULL, 1773916335123456, 1773916395123456, '192.0.2.7', 'Firefox');
INSERT INTO sessions VALUES (2, X'0500000000000000000000000000000000000000000000000000000000000000', NULL, 1, 1773916335123456, 1773916335123456, '', '');
INSERT INTO audit VALUES (1, 1773916335123456, 'postern', '', 'audit.begin', '', '', 'done', '{}', X'C7AF4B27AF04C229870474FF3ACA50BA2B56F5A5F1725FAD316CCC422267B287');
INSERT INTO audit VALUES (2, 1773916335123456, 'console', 'root', 'account.add', 'Alice', '192.0.2.7', 'done', '{"role":"operator"}', X'6FA976CBCAAAD0EFC194D394CDA2F5CBEF69F799D78D9711A7F603B024DC0D96');
INSERT INTO audit_head VALUES (1, X'0000000000000000000000000000000000000000000000000000000000000000', 2, X'6FA976CBCAAAD0EFC194D394CDA2F5CBEF69F799D78D9711A7F603B024DC0D96', X'DABAE510DD017C5AB30E4C33F5EE182A4804AEE1D729B3930BF0E020625C7FCE');
INSERT INTO acknowledgements VALUES (4, 1773916335123456, 'Alice Jansen', '');
INSERT INTO requests VALUES (1, 'key 1', 'POST /x', 'a', X'46F5CEBD1C005767F40A6D96C196A5FEA73FF9FC22F2DA82126407AA4C98CFA1', '', 200, X'7365616C6564313A7A7A7741626E432F656F52474F5461614B53306A466E53674951445952554139554333305859567672555A4F70327432556C4557776F6872476C6738586C312F73304D5553513D3D', 1773916335123456);
INSERT INTO counts VALUES ('head', 0, 2, X'0001D2891E01000202', X'01D8C28C0E01000202');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES ('endpoints', 2);
INSERT INTO sqlite_sequence VALUES ('state_changes', 2);
INSERT INTO sqlite_sequence VALUES ('attempts', 3);
INSERT INTO sqlite_sequence VALUES ('accounts', 1);
INSERT INTO sqlite_sequence VALUES ('access_keys', 1);
INSERT INTO sqlite_sequence VALUES ('sessions', 2);
INSERT INTO sqlite_sequence VALUES ('requests', 1);
PRAGMA user_version = 9;
