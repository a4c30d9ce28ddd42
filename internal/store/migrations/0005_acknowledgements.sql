-- Who has taken note of an alert, and when (Unix microseconds). The first one
-- counts.
CREATE TABLE acknowledgements (
    seq INTEGER PRIMARY KEY,
    at  INTEGER NOT NULL,
    who TEXT    NOT NULL
) STRICT;

-- All that were open after one sequence number and up to another, taken note
-- of at once. They don't overlap: each begins where all before was closed.
CREATE TABLE acknowledged_through (
    seq   INTEGER PRIMARY KEY,
    after INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    who   TEXT    NOT NULL
) STRICT;

-- acknowledged: no alert up to this sequence number is open. What came before there
-- were acknowledgements asks nobody for one.
INSERT INTO meta SELECT 'acknowledged', coalesce(max(seq), (SELECT value FROM meta WHERE name = 'floor')) FROM events;
INSERT INTO acknowledged_through
    SELECT value, 0, unixepoch() * 1000000, 'the upgrade of Postern' FROM meta WHERE name = 'acknowledged' AND value > 0;
