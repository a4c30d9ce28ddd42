-- Announcements that a state has ended: they are no alerts.
CREATE TABLE resolutions (
    seq INTEGER PRIMARY KEY
) STRICT;

-- The id of the announcement that closed an alert; empty where a person did.
ALTER TABLE acknowledgements ADD COLUMN resolver TEXT NOT NULL DEFAULT '';

-- Requests that their senders named with an Idempotency-Key, with the answers
-- they got (requests.go). digest is of the request, made the id of what it
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
