-- Pause, pace, order and a retry schedule of its own for each webhook; indexes that answer every filter of the log.

ALTER TABLE webhooks ADD COLUMN retry_schedule TEXT;         -- JSON array of waits in seconds; NULL: the configured one
ALTER TABLE webhooks ADD COLUMN paused_at INTEGER;           -- nothing is sent since then; NULL: not paused
ALTER TABLE webhooks ADD COLUMN rate TEXT;                   -- at most so many requests, as `10/s`; NULL: no bound
ALTER TABLE webhooks ADD COLUMN next_turn_us INTEGER;        -- with a rate: not before this unix microsecond
ALTER TABLE webhooks ADD COLUMN ordered INTEGER NOT NULL DEFAULT 0 CHECK (ordered IN (0, 1));

-- A line is what is pending for one permit at an ordered webhook. Its oldest delivery may be sent, the others wait.
ALTER TABLE deliveries ADD COLUMN line INTEGER;              -- the permit's id; NULL: the webhook is not ordered
ALTER TABLE deliveries ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
CREATE INDEX deliveries_line ON deliveries (webhook_id, line, id) WHERE line IS NOT NULL AND status = 'pending';
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at) WHERE status = 'pending' AND waits = 0;

-- The log is read by time, the newest first. What has failed is looked for most, and is little.
DROP INDEX deliveries_by_webhook;
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, created_at);
CREATE INDEX deliveries_by_status ON deliveries (status, created_at);
CREATE INDEX deliveries_by_type ON deliveries (event, created_at);
CREATE INDEX deliveries_failed ON deliveries (webhook_id, created_at) WHERE status = 'failed';

ALTER TABLE suppressions ADD COLUMN replayed_at INTEGER;     -- disabled: since then `delivery_id` says what became of it
CREATE INDEX suppressions_missed ON suppressions (webhook_id, created_at)
    WHERE reason = 'disabled' AND replayed_at IS NULL;

-- When something that has to be done now and then was done last.
CREATE TABLE chores (
    name    TEXT PRIMARY KEY,
    done_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
