-- When an open alert was escalated (package escalation); null for not yet.
ALTER TABLE open_alerts ADD COLUMN escalated INTEGER;
CREATE INDEX open_alerts_unescalated ON open_alerts (seq) WHERE escalated IS NULL;
