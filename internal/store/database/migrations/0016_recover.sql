-- A replay with causes is of a recovery: it sends the events alone that weren't delivered
-- for one of them (delivery.Causes). Its rows for several endpoints share the recovery's
-- id. cameras and sources are JSON lists, since and until the times within which the
-- events had arrived (0 for none), expired counts the events that were gone.
ALTER TABLE replays ADD COLUMN recovery TEXT NOT NULL DEFAULT '';
ALTER TABLE replays ADD COLUMN causes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replays ADD COLUMN cameras TEXT NOT NULL DEFAULT '[]';
ALTER TABLE replays ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';
ALTER TABLE replays ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replays ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replays ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
CREATE INDEX replays_recovery ON replays (recovery, n) WHERE recovery != '';

-- Whether an exhausted delivery was set aside.
ALTER TABLE pending ADD COLUMN aside INTEGER NOT NULL DEFAULT 0;
