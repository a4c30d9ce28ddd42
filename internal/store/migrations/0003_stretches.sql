-- What is known of each full stretch of the log: stretch n holds the numbers
-- from n * 8192 + 1 on. at_min and at_max bound its events' own times, types
-- is the set of their types, words says which runs of three letters occur in
-- them (words.go), hours and minutes how many arrived when, of which type and
-- from which camera (tally_codec.go). It can be made again from the events.
CREATE TABLE stretches (
    n       INTEGER PRIMARY KEY,
    at_min  INTEGER NOT NULL,
    at_max  INTEGER NOT NULL,
    types   INTEGER NOT NULL,
    words   BLOB    NOT NULL,
    hours   BLOB    NOT NULL,
    minutes BLOB    NOT NULL
) STRICT;

-- When nobody was there to take events, in Unix microseconds.
CREATE TABLE gaps (
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
INSERT INTO meta SELECT 'born', min(received) FROM events HAVING count(*) > 0;

-- One camera's events of a few types are walked to as well.
DROP INDEX events_camera;
CREATE INDEX events_camera ON events (camera, type) WHERE camera IS NOT NULL;
