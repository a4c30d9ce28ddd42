-- The versions of the types and settings of endpoints that select events. A version
-- holds for the events after after_seq, until the after_seq of the endpoint's next one.
-- Versions are written in the commit of the change; the delivery worker then moves
-- after_seq to where it began to use them. settings is as in endpoints.
CREATE TABLE settings_versions (
    n         INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint  INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    types     INTEGER NOT NULL,
    settings  TEXT    NOT NULL
) STRICT;
CREATE INDEX settings_versions_endpoint ON settings_versions (endpoint);

-- Of older settings nothing is known. The present ones hold for a backlog, and for the
-- last one that a person skipped, if they haven't changed since.
INSERT INTO settings_versions (endpoint, after_seq, at, types, settings)
SELECT e.n, CASE WHEN skipped_through > skipped_after AND updated <= coalesce((SELECT max(at) FROM state_changes c
        WHERE c.endpoint = e.n AND c.cause LIKE 'A person resumed it from now on%'), 0)
    THEN skipped_after ELSE cursor END,
    CAST(unixepoch('subsec') * 1000000 AS INTEGER), types, settings
FROM endpoints e WHERE removed IS NULL ORDER BY e.n;

-- Events that were for an endpoint and weren't sent. cause is 1 where storm control
-- held them back, 2 where a person skipped them, 3 where retention removed them first.
-- at is when that was decided; of expired events, when the newest had arrived at the
-- latest. entries has the events as the varints of their differences, the first from
-- seq_min, and a row spans fewer than 1024 sequence numbers. Where entries is empty, it is
-- every event from seq_min to seq_max, whether it was for the endpoint or not. events
-- is their number.
CREATE TABLE unsent (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL,
    cause    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    seq_min  INTEGER NOT NULL,
    seq_max  INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    entries  BLOB    NOT NULL
) STRICT;
CREATE INDEX unsent_lists ON unsent (endpoint, seq_max) WHERE entries != x'';
CREATE INDEX unsent_ranges ON unsent (endpoint, seq_max) WHERE entries = x'';

INSERT INTO unsent (endpoint, cause, at, seq_min, seq_max, events, entries)
SELECT e.n, 2, coalesce((SELECT max(at) FROM state_changes c WHERE c.endpoint = e.n AND c.cause LIKE 'A person resumed it from now on%'),
        CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
    skipped_after + 1, skipped_through, skipped_through - skipped_after, x''
FROM endpoints e WHERE removed IS NULL AND skipped_through > skipped_after ORDER BY e.n;
ALTER TABLE endpoints DROP COLUMN skipped_after;
ALTER TABLE endpoints DROP COLUMN skipped_through;
