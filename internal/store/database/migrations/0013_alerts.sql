-- Open alerts are a table of their own, so that they are counted and grouped by
-- cause without reading events.
--
-- open_alerts has a row for each alert that nobody has acknowledged. cause is a
-- keyed hash of what the alert is grouped by (package alerts), zero until the next
-- start has filled it in. camera is empty for events without one.
CREATE TABLE open_alerts (
    seq    INTEGER PRIMARY KEY,
    cause  INTEGER NOT NULL,
    type   INTEGER NOT NULL,
    camera TEXT    NOT NULL
) STRICT;

-- A range of acknowledged alerts becomes an acknowledgement each.
INSERT INTO acknowledgements (seq, at, who)
    SELECT e.seq, t.at, t.who FROM acknowledged_through t JOIN events e ON e.seq > t.after AND e.seq <= t.seq
    WHERE e.type IN (3, 5, 10) AND NOT EXISTS (SELECT 1 FROM resolutions r WHERE r.seq = e.seq)
    ON CONFLICT DO NOTHING;
INSERT INTO open_alerts (seq, cause, type, camera)
    SELECT seq, 0, type, coalesce(camera, '') FROM events INDEXED BY events_type
    WHERE type IN (3, 5, 10) AND seq > (SELECT value FROM meta WHERE name = 'acknowledged')
    AND NOT EXISTS (SELECT 1 FROM acknowledgements a WHERE a.seq = events.seq)
    AND NOT EXISTS (SELECT 1 FROM resolutions r WHERE r.seq = events.seq)
    ORDER BY seq;
DROP TABLE acknowledged_through;
DELETE FROM meta WHERE name = 'acknowledged';

-- Who did what with alerts. action is acknowledged, assigned or released; cause and
-- camera are those of all the alerts, zero and '' where they differ. alerts counts
-- them; first and last are their sequence numbers. note is encrypted.
CREATE TABLE alert_actions (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    cause    INTEGER NOT NULL,
    camera   TEXT    NOT NULL,
    alerts   INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    assignee TEXT    NOT NULL DEFAULT '',
    note     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX alert_actions_cause ON alert_actions (cause, n);
CREATE INDEX alert_actions_last ON alert_actions (last);

-- The action that acknowledged an alert; null for resolved alerts, and for those of
-- earlier versions.
ALTER TABLE acknowledgements ADD COLUMN action INTEGER;

-- Who takes care of the alerts of a cause, until none is open.
CREATE TABLE alert_assignees (
    cause    INTEGER PRIMARY KEY,
    assignee TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;

-- Silences (package silence). match (JSON) and reason are encrypted: both may name a
-- person. weekly is JSON, empty for all the time. ended is when a person ended the silence early; null for none.
CREATE TABLE silences (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT    NOT NULL UNIQUE,
    match    TEXT    NOT NULL,
    start    INTEGER NOT NULL,
    until    INTEGER,
    weekly   TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    ended    INTEGER,
    ended_by TEXT    NOT NULL DEFAULT ''
) STRICT;

-- The silence that was active when an event arrived; null for none.
ALTER TABLE events ADD COLUMN silence INTEGER;
ALTER TABLE held_events ADD COLUMN silence INTEGER;
CREATE INDEX events_silence ON events (seq) WHERE silence IS NOT NULL;
