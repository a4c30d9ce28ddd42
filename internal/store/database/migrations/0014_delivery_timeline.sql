-- Of a row of attempts: how many have texts of their receiver, which an erasure
-- overwrites. Those that failed do, and slow ones, whose timelines are kept.
ALTER TABLE attempts RENAME COLUMN failed TO texts;

-- How many attempts a webhook began in an hour (since 1970), by band: the numbers of
-- delivery/band.go. Eight days are kept. Of meta, bands_from is the hour from which on
-- they are counted.
CREATE TABLE attempt_bands (
    hour     INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    band     INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (hour, endpoint, band)
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('bands_from', unixepoch() / 3600);
