-- Accounts of people. password is an argon2id hash in PHC form. cameras is a
-- JSON list of the cameras that may be seen; null means all. Times are Unix
-- microseconds, here and below.
CREATE TABLE accounts (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    role        TEXT    NOT NULL,
    cameras     TEXT,
    password    TEXT    NOT NULL,
    password_at INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    disabled    INTEGER,
    signed_in   INTEGER
) STRICT;

-- Keys of programs. hash is the SHA-256 of the key, hint its first letters.
CREATE TABLE access_keys (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    hash    BLOB    NOT NULL UNIQUE,
    hint    TEXT    NOT NULL,
    scopes  TEXT    NOT NULL,
    cameras TEXT,
    created INTEGER NOT NULL,
    expires INTEGER,
    used    INTEGER
) STRICT;

-- Sessions, each an account's or, for a wall screen, a key's. hash is the
-- SHA-256 of what the cookie holds.
CREATE TABLE sessions (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    hash       BLOB    NOT NULL UNIQUE,
    account    INTEGER,
    access_key INTEGER,
    created    INTEGER NOT NULL,
    seen       INTEGER NOT NULL,
    address    TEXT    NOT NULL,
    agent      TEXT    NOT NULL
) STRICT;

-- Who did what. Each hash covers its row and the hash before it; see
-- audit_chain.go.
CREATE TABLE audit (
    n          INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    details    TEXT    NOT NULL,
    hash       BLOB    NOT NULL
) STRICT;

-- Where the chain begins and ends, signed with the key that is not in the
-- file: first is the oldest entry that is kept, before the hash that went
-- before it.
CREATE TABLE audit_head (
    first  INTEGER NOT NULL,
    before BLOB    NOT NULL,
    n      INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    mac    BLOB    NOT NULL
) STRICT;

-- Counts the changes of accounts, keys and sessions, so that whoever holds
-- them in memory notices another process's.
INSERT INTO meta VALUES ('access', 0);
