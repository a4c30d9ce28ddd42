-- What an operator sets for an endpoint beside its URL, types and secret, as
-- JSON that only the webhook package reads.
ALTER TABLE endpoints ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- active, failing, paused or disabled; since when, and why.
ALTER TABLE endpoints ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE endpoints ADD COLUMN state_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN state_cause TEXT NOT NULL DEFAULT '';
UPDATE endpoints SET state_at = created;
UPDATE endpoints SET state = 'failing', state_at = failing_since WHERE failing_since IS NOT NULL;

-- The secret before the newest one, for as long as both sign.
ALTER TABLE endpoints ADD COLUMN old_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE endpoints ADD COLUMN old_secret_until INTEGER;

-- Events that storm control held back, and those that a person chose to skip.
ALTER TABLE endpoints ADD COLUMN suppressed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;

-- Shows that the key is the one that secrets were encrypted with.
CREATE TABLE key_check (
    value TEXT NOT NULL
) STRICT;

-- Every change of an endpoint's state.
CREATE TABLE state_changes (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    cause    TEXT    NOT NULL
) STRICT;
CREATE INDEX state_changes_endpoint ON state_changes (endpoint);

-- Deliveries that a person asked for again.
ALTER TABLE pending ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;

-- Replays: all events after after_seq up to through_seq that match are sent
-- again. position is how far that has got; ended is null while it goes on.
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
