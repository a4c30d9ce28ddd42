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
