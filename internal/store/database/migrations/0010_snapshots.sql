-- Snapshots: the still images that producers send along with events.

-- The format and the size of an event's snapshot, packed into a number
-- (event.Snapshot.Pack); null where it has none, and 0 where it was removed. The
-- checksum doesn't cover it: it changes after the event was written.
ALTER TABLE events ADD COLUMN snapshot INTEGER;
ALTER TABLE held_events ADD COLUMN snapshot INTEGER;

-- Which events have a snapshot, and the hash (SHA-256) of its file, by which the
-- file is named. Events with the same image share a file. received is when it
-- arrived. hold is the row of a legal hold that keeps it from retention.
CREATE TABLE snapshots (
    seq      INTEGER PRIMARY KEY,
    hash     BLOB    NOT NULL,
    bytes    INTEGER NOT NULL,
    received INTEGER NOT NULL,
    hold     INTEGER
) STRICT;
CREATE INDEX snapshots_hash ON snapshots (hash);
CREATE INDEX snapshots_received ON snapshots (received) WHERE hold IS NULL;
CREATE INDEX snapshots_hold ON snapshots (hold) WHERE hold IS NOT NULL;
