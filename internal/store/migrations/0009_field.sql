-- Announcements that a state has ended: they are no alerts.
CREATE TABLE resolutions (
    seq INTEGER PRIMARY KEY
) STRICT;

-- The id of the announcement that closed an alert; empty where a person did.
ALTER TABLE acknowledgements ADD COLUMN resolver TEXT NOT NULL DEFAULT '';

-- Requests that their senders named with an Idempotency-Key, with the answers
-- they got (requests.go). digest is of the request, made the id of the object it
-- made; answer is encrypted, and empty once what it tells of must be gone.
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

-- The secrets that sign an endpoint's deliveries, newest first, as JSON:
-- [{"id", "sealed", "form", "until"}]. sealed is the encrypted secret, until
-- when it stops signing (the newest has none). form is how its key is made;
-- it is left out where the secret is from before this version
-- (endpoint_secrets.go).
ALTER TABLE endpoints ADD COLUMN secrets TEXT NOT NULL DEFAULT '[]';
UPDATE endpoints
SET secrets = CASE
    WHEN old_secret = '' OR old_secret_until IS NULL THEN json_array(
        json_object('id', 'sec_' || lower(hex(randomblob(6))), 'sealed', secret))
    ELSE json_array(
        json_object('id', 'sec_' || lower(hex(randomblob(6))), 'sealed', secret),
        json_object('id', 'sec_' || lower(hex(randomblob(6))), 'sealed', old_secret, 'until', old_secret_until))
    END
WHERE secret != '';
ALTER TABLE endpoints DROP COLUMN secret;
ALTER TABLE endpoints DROP COLUMN old_secret;
ALTER TABLE endpoints DROP COLUMN old_secret_until;

-- Producers by name. Among one producer's events it is judged whether an event
-- was sent before (duplicates.go). Number 0, which has no row, is whoever posts
-- without a key to an address that is open; and the events from before this
-- version.
CREATE TABLE producers (
    n    INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL UNIQUE COLLATE NOCASE
) STRICT;

-- producer_id is the id that the producer gave, stored as id is, where the
-- event has another one in the log. renamed says that this log gave that, and
-- not another Postern that forwarded the event. site is where it comes from;
-- null is this site.
ALTER TABLE events ADD COLUMN producer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN producer_id ANY;
ALTER TABLE events ADD COLUMN renamed INTEGER;
ALTER TABLE events ADD COLUMN site TEXT;
CREATE INDEX events_producer_id ON events (producer, producer_id) WHERE producer_id IS NOT NULL;
ALTER TABLE held_events ADD COLUMN producer_id ANY;
ALTER TABLE held_events ADD COLUMN site TEXT;

-- A key's producer; keys that follow one another share it. site is the
-- Postern whose events the key forwards; empty for none.
ALTER TABLE access_keys ADD COLUMN producer TEXT NOT NULL DEFAULT '';
UPDATE access_keys SET producer = name;
ALTER TABLE access_keys ADD COLUMN site TEXT NOT NULL DEFAULT '';

-- For how many seconds an operator lets a camera be silent; 0: it is never
-- judged. Cameras without a row are judged by their own rhythm.
CREATE TABLE camera_settings (
    camera       TEXT PRIMARY KEY,
    silent_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Cameras that fell silent or said that they are offline (cameras.go). heard
-- is the sequence number of the newest normal event before that. opened and
-- closed are the ids of the announcements of that and of its end.
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

-- Texts are folded before they are compared (event/fold.go): without case,
-- marks, and regard to how they are encoded. What words and indexes said before
-- is made again; until then neither is asked (index_file.go).
UPDATE stretches SET words = x'';

-- Deliveries that waited for a retry when retention removed their events; expired
-- counts them too.
ALTER TABLE endpoints ADD COLUMN expired_retries INTEGER NOT NULL DEFAULT 0;

-- What arrived and is in no row of segments (counts_keep.go). head: the head
-- segment n up to the number through, as in stretches, since some of its events
-- may be gone. removed: the last day's minutes of segments that retention has
-- removed up to the number n; before the minute through nothing is known.
CREATE TABLE counts (
    name    TEXT    PRIMARY KEY,
    n       INTEGER NOT NULL,
    through INTEGER NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox of announcements of changes of state (announcements.go).
-- announcement is the id of the event, empty for none; announced is when it was
-- published or found to be unneeded, null while it waits. opening is 1 for an
-- announced problem whose end hasn't been announced, then 2, and 0 for all else.
-- Up to here announcements had ids that nobody kept.
ALTER TABLE state_changes ADD COLUMN announcement TEXT NOT NULL DEFAULT '';
ALTER TABLE state_changes ADD COLUMN announced INTEGER;
ALTER TABLE state_changes ADD COLUMN opening INTEGER NOT NULL DEFAULT 0;
UPDATE state_changes SET announced = at;
UPDATE state_changes SET opening = 1
WHERE state IN ('failing', 'disabled') AND n IN (SELECT max(n) FROM state_changes GROUP BY endpoint);
CREATE INDEX state_changes_waiting ON state_changes (announcement) WHERE announced IS NULL AND announcement != '';
CREATE INDEX state_changes_openings ON state_changes (endpoint, announced) WHERE opening > 0;

-- Checksums (checksum.go): of an event, of what is known of a segment, and of a
-- part of its index. Events before sums_from have none.
ALTER TABLE events ADD COLUMN sum INTEGER;
ALTER TABLE held_events ADD COLUMN sum INTEGER;
ALTER TABLE stretches ADD COLUMN sum INTEGER;
ALTER TABLE indexes ADD COLUMN sum INTEGER;
INSERT INTO meta SELECT 'sums_from', 1 + max((SELECT coalesce(max(seq), 0) FROM events), (SELECT value FROM meta WHERE name = 'floor'),
    coalesce((SELECT value FROM meta WHERE name = 'removed'), 0));

-- The newest verification, as JSON (verify.go).
CREATE TABLE verifications (
    n      INTEGER PRIMARY KEY,
    result TEXT    NOT NULL
) STRICT;
