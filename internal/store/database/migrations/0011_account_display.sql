-- The theme and the time zone that a person chose for the pages; empty for those of
-- the browser.
ALTER TABLE accounts ADD COLUMN theme TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN zone  TEXT NOT NULL DEFAULT '';
