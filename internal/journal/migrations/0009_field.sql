-- Announcements that a state has ended: they are no alerts.
CREATE TABLE resolutions (
    seq INTEGER PRIMARY KEY
) STRICT;

-- The id of the announcement that closed an alert; empty where a person did.
ALTER TABLE acknowledgements ADD COLUMN resolver TEXT NOT NULL DEFAULT '';
