-- Receivers that fail for a while, and what was told about it.

ALTER TABLE webhooks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;    -- attempts that failed since failing_since
UPDATE webhooks SET failures = 1 WHERE failing_since IS NOT NULL;

CREATE TABLE incidents (
    id         INTEGER PRIMARY KEY,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    began_at   INTEGER NOT NULL,                -- the first failure
    noticed_at INTEGER NOT NULL,
    ended_at   INTEGER,                         -- NULL: it lasts
    ending     TEXT                             -- recovered, disabled, enabled, deleted
) STRICT;
CREATE UNIQUE INDEX incidents_open ON incidents (webhook_id) WHERE ended_at IS NULL;
CREATE INDEX incidents_by_webhook ON incidents (webhook_id, ended_at);

CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    incident_id INTEGER NOT NULL REFERENCES incidents (id),
    webhook_id  INTEGER NOT NULL REFERENCES webhooks (id),
    kind        TEXT    NOT NULL,               -- failing, recovered, disabled
    at          INTEGER NOT NULL,
    since       INTEGER NOT NULL,               -- the first failure of the incident
    failures    INTEGER NOT NULL,
    pending     INTEGER NOT NULL,               -- deliveries at that moment
    status_code INTEGER,
    error       TEXT    NOT NULL,
    due_at      INTEGER,                        -- when somebody may be told, or told again; NULL: over
    tries       INTEGER NOT NULL DEFAULT 0,
    told_at     INTEGER,
    failure     TEXT    NOT NULL DEFAULT ''     -- why the last try failed
) STRICT;
CREATE INDEX alerts_due ON alerts (webhook_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX alerts_by_incident ON alerts (incident_id);
