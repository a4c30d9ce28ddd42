-- An endpoint's deliveries of the last day by the hour, as only the webhook
-- package reads them; empty before the first.
ALTER TABLE endpoints ADD COLUMN hours BLOB NOT NULL DEFAULT x'';

-- The number after which an endpoint began, and the last stretch of the log
-- that a person had it pass over: after skipped_after, up to skipped_through.
ALTER TABLE endpoints ADD COLUMN began_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN skipped_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN skipped_through INTEGER NOT NULL DEFAULT 0;

-- Which attempts an event had. A row of attempts spans fewer than 1024
-- sequence numbers, so that it ends soon after the event. Rows of older
-- versions may span more: they have an index of their own, which empties as
-- retention removes them.
CREATE INDEX attempts_seq ON attempts (seq_max);
CREATE INDEX attempts_wide ON attempts (seq_max) WHERE seq_max - seq_min >= 1024;
