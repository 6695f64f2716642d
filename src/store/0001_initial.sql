-- Times are unix milliseconds. A migration is never edited once it is released: the next one follows it.

CREATE TABLE webhooks (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT    NOT NULL,
    url              TEXT    NOT NULL,
    secret           TEXT    NOT NULL,                -- erased when the webhook is deleted
    project          INTEGER,                         -- NULL: every project
    enabled          INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    events           TEXT    NOT NULL,                -- JSON array of names, or ["*"]
    timeout_ms       INTEGER,                         -- NULL: the configured default
    headers          TEXT    NOT NULL,                -- JSON array of [name, value]
    disabled_reason  TEXT,
    disabled_at      INTEGER,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    last_sent_at     INTEGER,
    last_status_code INTEGER,
    last_error       TEXT    NOT NULL DEFAULT '',
    failing_since    INTEGER,                         -- the first failure after the last success
    deleted_at       INTEGER
) STRICT;

CREATE TABLE events (
    seq           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    event         TEXT    NOT NULL,
    timestamp     INTEGER NOT NULL,
    permit_id     INTEGER NOT NULL,
    permit_number TEXT    NOT NULL,
    project_id    INTEGER,
    dedupe_key    TEXT    NOT NULL,
    body          BLOB    NOT NULL,
    accepted_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX events_by_permit ON events (permit_id);
CREATE INDEX events_by_permit_number ON events (permit_number);

CREATE TABLE deliveries (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id       INTEGER NOT NULL REFERENCES webhooks (id),
    event_seq        INTEGER NOT NULL REFERENCES events (seq),
    event            TEXT    NOT NULL,                -- as in events, for filters
    dedupe_key       TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status = 'pending' OR status = 'success' OR status = 'failed'),
    created_at       INTEGER NOT NULL,
    due_at           INTEGER,                         -- pending: when it may be claimed; else NULL
    claimed_at       INTEGER,                         -- being sent since; due_at is the end of the lease
    fence            INTEGER NOT NULL DEFAULT 0,      -- counts the claims: only the latest may record
    attempts         INTEGER NOT NULL DEFAULT 0,
    attempts_before  INTEGER NOT NULL DEFAULT 0,      -- those before it was sent again: the schedule begins anew
    last_attempt_at  INTEGER,
    last_duration_us INTEGER,
    last_status_code INTEGER,
    last_error       TEXT    NOT NULL DEFAULT '',
    CHECK ((status = 'pending') = (due_at IS NOT NULL)),
    UNIQUE (webhook_id, dedupe_key)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at) WHERE status = 'pending';
CREATE INDEX deliveries_by_event ON deliveries (event_seq);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);

CREATE TABLE attempts (
    id               INTEGER PRIMARY KEY,
    delivery_id      INTEGER NOT NULL REFERENCES deliveries (id),
    started_at       INTEGER NOT NULL,
    duration_us      INTEGER NOT NULL,
    outcome          TEXT    NOT NULL,
    phase            TEXT    NOT NULL,
    error            TEXT    NOT NULL,
    url              TEXT    NOT NULL,
    request_headers  TEXT    NOT NULL,                -- JSON array of [name, value], own headers masked
    status_code      INTEGER,                         -- NULL: no answer
    answer_headers   TEXT,                            -- JSON array of [name, value]
    answer_body      BLOB,                            -- its first 4 KiB
    answer_length    INTEGER,
    answer_complete  INTEGER CHECK (answer_complete IN (0, 1))   -- 0: longer than answer_length
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery_id);

CREATE TABLE suppressions (
    id          INTEGER PRIMARY KEY,
    event_seq   INTEGER NOT NULL REFERENCES events (seq),
    webhook_id  INTEGER NOT NULL REFERENCES webhooks (id),
    reason      TEXT    NOT NULL CHECK (reason IN ('duplicate', 'disabled')),
    delivery_id INTEGER REFERENCES deliveries (id),  -- duplicate: of this one
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX suppressions_by_event ON suppressions (event_seq);
CREATE INDEX suppressions_by_webhook ON suppressions (webhook_id);
CREATE INDEX suppressions_by_delivery ON suppressions (delivery_id);
