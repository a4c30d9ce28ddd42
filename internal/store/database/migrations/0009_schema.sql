-- The schema of version 9, the first that was released. Steps of earlier
-- versions are part of it.
--
-- Tables and indexes are created in the order of the pages where a file of
-- version 9 has their roots: a salvage of a file without its first page takes
-- the roots from a new one. Don't change the order.
--
-- Times are Unix microseconds where nothing else is said.

-- Events, in the order they were committed. An id of "evt_" and a UUID is
-- stored as its 16 bytes, any other as text. producer_id is the id that the
-- producer gave, stored as id is, where the event has another one in the log.
-- renamed says that this log gave that, and not another Postern that forwarded
-- the event. site is the Postern that forwarded it; null is this one. sum is a
-- checksum (package eventrow); events before meta's sums_from have none.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    id          ANY     NOT NULL,
    type        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    received    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    camera      TEXT,
    data        TEXT    NOT NULL,
    producer    INTEGER NOT NULL DEFAULT 0,
    producer_id ANY,
    renamed     INTEGER,
    site        TEXT,
    sum         INTEGER
) STRICT;
CREATE UNIQUE INDEX events_id ON events (id);
CREATE INDEX events_type ON events (type);

-- Downtime: when Postern wasn't running, and received no events.
CREATE TABLE gaps (
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- Facts about the log itself.
--   floor         the low watermark: retention has removed every event up to it.
--                 No sequence number is used twice
--   removed       the highest sequence number of which retention by type has
--                 removed the event
--   missing       the sequence gap: how many numbers above the low watermark have
--                 no event
--   thinned       the set of types that retention has removed above it
--   blanked,      the last event and row of attempts of which the texts were
--   blanked_row   overwritten after retention had removed the event
--   born          when the data folder was made, Unix microseconds
--   closed        when the store was closed; absent while it is open, and after
--                 a crash
--   clock,        the newest trusted time (package wallclock), whether the clock
--   clock_held,   was in doubt then, and when a person confirmed it by
--   clock_confirmed  another process
--   probe         written to find out whether the disk accepts writes again
--   access        counts the changes of accounts, keys and sessions, so that a
--                 process that has them in memory notices another's changes
--   acknowledged  no alert up to this sequence number is open
--   sums_from     events from this sequence number on have a checksum
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('floor', 0), ('access', 0), ('acknowledged', 0), ('sums_from', 1);

-- Webhook endpoints. All events up to cursor are delivered or exhausted, but
-- for those in pending. A removed endpoint's row stays, without its secrets, for
-- as long as there are attempts that belong to it.
--
-- settings and hours (deliveries of the last day by the hour) are read by the
-- webhook package alone. state is active, failing, paused or disabled, with the
-- time and cause of its last change. suppressed counts events that storm control
-- held back, skipped those that a person chose to skip. The endpoint began after
-- began_after; a person skipped the events after skipped_after up to
-- skipped_through. expired counts deliveries whose events retention removed,
-- expired_retries those of them that waited for a retry.
--
-- secrets are the signing secrets, newest first, as JSON (deliveries/secrets.go):
-- [{"id", "sealed", "form", "until"}]. sealed is the encrypted secret; until
-- is when it stops signing (the newest has none). form is how its key is made.
CREATE TABLE endpoints (
    n               INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    url             TEXT    NOT NULL,
    types           INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    updated         INTEGER NOT NULL,
    removed         INTEGER,
    cursor          INTEGER NOT NULL,
    failing_since   INTEGER,
    delivered       INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    expired         INTEGER NOT NULL DEFAULT 0,
    settings        TEXT    NOT NULL DEFAULT '{}',
    state           TEXT    NOT NULL DEFAULT 'active',
    state_at        INTEGER NOT NULL DEFAULT 0,
    state_cause     TEXT    NOT NULL DEFAULT '',
    suppressed      INTEGER NOT NULL DEFAULT 0,
    skipped         INTEGER NOT NULL DEFAULT 0,
    hours           BLOB    NOT NULL DEFAULT x'',
    began_after     INTEGER NOT NULL DEFAULT 0,
    skipped_after   INTEGER NOT NULL DEFAULT 0,
    skipped_through INTEGER NOT NULL DEFAULT 0,
    secrets         TEXT    NOT NULL DEFAULT '[]',
    expired_retries INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Deliveries up to their endpoint's cursor that are not done: they wait for an
-- attempt at due, or are exhausted (due is null). replay says that a person asked
-- for the delivery again.
CREATE TABLE pending (
    endpoint INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    tries    INTEGER NOT NULL,
    due      INTEGER,
    replay   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;

-- Attempts, packed: a row holds the attempts that one worker stored at once. at
-- is the newest attempt's time in Unix milliseconds; entries is described in
-- deliveries/attempt_codec.go. A row spans fewer than 1024 sequence numbers, so that
-- attempts_seq finds the attempts of an event. Rows that span more have an index
-- of their own (attempts_wide); it empties as retention removes them.
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

-- Shows that the key is the one that secrets were encrypted with.
CREATE TABLE key_check (
    value TEXT NOT NULL
) STRICT;

-- Every change of an endpoint's state, and the outbox of their announcements
-- (deliveries/announcements.go). announcement is the id of the event, empty for none;
-- announced is when it was published or found to be unneeded, null while it
-- waits. opening is 1 for an announced problem whose end hasn't been announced,
-- then 2, and 0 for all else.
CREATE TABLE state_changes (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint     INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    cause        TEXT    NOT NULL,
    announcement TEXT    NOT NULL DEFAULT '',
    announced    INTEGER,
    opening      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX state_changes_endpoint ON state_changes (endpoint);

-- Replays: all events after after_seq up to through_seq that match are sent
-- again. position is the last of them that was looked at; ended is null while
-- the replay runs.
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

-- Failures of an endpoint are looked for among many more successes.
CREATE INDEX attempts_failed ON attempts (endpoint) WHERE failed > 0;

-- What is known of each full segment of the log: segment n holds the numbers
-- from n * 8192 + 1 on. at_min and at_max bound its events' own times, types is
-- the set of their types, words is the n-gram filter, hours and minutes are the
-- counters of when events arrived, by type and camera. sum is a checksum. All of
-- it can be made again from the events.
CREATE TABLE stretches (
    n       INTEGER PRIMARY KEY,
    at_min  INTEGER NOT NULL,
    at_max  INTEGER NOT NULL,
    types   INTEGER NOT NULL,
    words   BLOB    NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL,
    sum     INTEGER
) STRICT;

-- A camera's events of a few types are walked to by this index.
CREATE INDEX events_camera ON events (camera, type) WHERE camera IS NOT NULL;

-- Accounts of people. password is an argon2id hash in PHC form. cameras is a
-- JSON list of the cameras that the account may see; null means all.
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

-- Keys of programs. hash is the SHA-256 of the key, hint its first letters.
-- producer is the key's producer; keys that follow one another share it. site is
-- the Postern whose events the key forwards; empty for none.
CREATE TABLE access_keys (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    hash     BLOB    NOT NULL UNIQUE,
    hint     TEXT    NOT NULL,
    scopes   TEXT    NOT NULL,
    cameras  TEXT,
    created  INTEGER NOT NULL,
    expires  INTEGER,
    used     INTEGER,
    producer TEXT    NOT NULL DEFAULT '',
    site     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Sessions, each an account's or, for a wall screen, a key's. hash is the
-- SHA-256 of the cookie's value.
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

-- The audit. Each hash covers its row and the hash before it (store/auditlog).
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

-- Where the chain begins and ends, signed with the key that is not in the file:
-- first is the oldest entry that is kept, before is the hash of the entry that
-- preceded it.
CREATE TABLE audit_head (
    first  INTEGER NOT NULL,
    before BLOB    NOT NULL,
    n      INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    mac    BLOB    NOT NULL
) STRICT;

-- The person who acknowledged an alert, and when. The first one counts. resolver
-- is the id of the announcement that closed the alert; empty where a person did.
CREATE TABLE acknowledgements (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    resolver TEXT    NOT NULL DEFAULT ''
) STRICT;

-- All alerts that were open after one sequence number and up to another,
-- acknowledged at once. The ranges don't overlap: each begins where all alerts
-- before were closed.
CREATE TABLE acknowledged_through (
    seq   INTEGER PRIMARY KEY,
    after INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    who   TEXT    NOT NULL
) STRICT;

-- The indexes by sequence number of the table attempts.
CREATE INDEX attempts_seq ON attempts (seq_max);
CREATE INDEX attempts_wide ON attempts (seq_max) WHERE seq_max - seq_min >= 1024;

-- Erasures that were accepted and are under way: events up to position are done,
-- those up to through are to be looked at. The identity is encrypted, and goes
-- with the row.
CREATE TABLE erasing (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    identity TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    position INTEGER NOT NULL,
    through  INTEGER NOT NULL,
    events   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Erasures that are complete: when, how many events, and a keyed hash of the
-- identity.
CREATE TABLE erasures (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    tag    BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    events INTEGER NOT NULL
) STRICT;
CREATE INDEX erasures_tag ON erasures (tag);

-- Legal holds. reason and filter (JSON, store/legalhold) are encrypted; events and bytes
-- count what retention has moved to held_events for the hold. A released hold
-- stays until its events are gone.
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

-- Events under a hold that the log has no more, as they were there.
CREATE TABLE held_events (
    n           INTEGER PRIMARY KEY,
    hold        INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    id          ANY     NOT NULL,
    type        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    received    INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    camera      TEXT,
    data        TEXT    NOT NULL,
    producer_id ANY,
    site        TEXT,
    sum         INTEGER
) STRICT;
CREATE UNIQUE INDEX held_events_place ON held_events (hold, seq);

-- Which events of each full segment have which texts, types and ids
-- (package segment): block k of segment n has the number n * 3 + k. It can be made
-- again from the events.
CREATE TABLE indexes (
    n       INTEGER PRIMARY KEY,
    content BLOB    NOT NULL,
    sum     INTEGER
) STRICT;

-- Announcements that a state has ended: they are no alerts.
CREATE TABLE resolutions (
    seq INTEGER PRIMARY KEY
) STRICT;

-- Requests with an Idempotency-Key, and the answers they got (package requests).
-- digest is of the request; made is the id of the object that the request made;
-- answer is encrypted, and empty once its contents must be gone.
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

-- Producers by name. An event is a duplicate of another one of the same producer
-- (duplicates.go). Number 0, which has no row, stands for requests without a key
-- to an open address.
CREATE TABLE producers (
    n    INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL UNIQUE COLLATE NOCASE
) STRICT;
CREATE INDEX events_producer_id ON events (producer, producer_id) WHERE producer_id IS NOT NULL;

-- For how many seconds an operator lets a camera be silent; 0 means that it is
-- never judged. Cameras without a row are judged by their own rhythm.
CREATE TABLE camera_settings (
    camera       TEXT PRIMARY KEY,
    silent_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cameras that fell silent or said that they are offline (package cameras). heard is
-- the sequence number of the newest normal event before that. opened and closed
-- are the ids of the announcements of that and of its end.
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

-- Counters of events that are in no row of stretches (package counters). head: the
-- head segment n up to the sequence number through, since some of its events may
-- be gone. removed: the last day's minutes of segments up to the number n, which
-- retention has removed; before the minute through nothing is known.
CREATE TABLE counts (
    name    TEXT    PRIMARY KEY,
    n       INTEGER NOT NULL,
    through INTEGER NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The announcements of state_changes that wait, and those of open problems.
CREATE INDEX state_changes_waiting ON state_changes (announcement) WHERE announced IS NULL AND announcement != '';
CREATE INDEX state_changes_openings ON state_changes (endpoint, announced) WHERE opening > 0;

-- The newest verification, as JSON (package verify).
CREATE TABLE verifications (
    n      INTEGER PRIMARY KEY,
    result TEXT    NOT NULL
) STRICT;
