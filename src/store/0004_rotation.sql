-- A secret that is rotated: for an overlap the webhook has the old one beside the new one, which is in `secret`.

ALTER TABLE webhooks ADD COLUMN old_secret TEXT;             -- NULL: no rotation; erased when the overlap ends
ALTER TABLE webhooks ADD COLUMN rotation_id INTEGER;         -- random: tells it from every other rotation
ALTER TABLE webhooks ADD COLUMN rotation_leads TEXT CHECK (rotation_leads IN ('old', 'new'));
ALTER TABLE webhooks ADD COLUMN rotation_started_at INTEGER;
ALTER TABLE webhooks ADD COLUMN rotation_until INTEGER;      -- from then on the old secret counts for nothing
ALTER TABLE webhooks ADD COLUMN rotation_accepted_at INTEGER;    -- when the receiver first accepted the new secret
CREATE INDEX webhooks_rotating ON webhooks (rotation_until) WHERE rotation_until IS NOT NULL;

-- During a rotation: the secret by which the last request of the attempt was signed, and the status by which the
-- receiver had refused the other one right before.
ALTER TABLE attempts ADD COLUMN signed_with TEXT;            -- NULL: no rotation was under way
ALTER TABLE attempts ADD COLUMN refused_status INTEGER;      -- NULL: there was one request
