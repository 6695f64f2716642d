-- Tokens for the REST API, and who changed which webhook when.

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),   -- SHA-256 of its text, which is nowhere
    scopes     TEXT    NOT NULL,                -- JSON array of names
    project    INTEGER,                         -- NULL: every project
    expires_at INTEGER,                         -- NULL: never
    created_at INTEGER NOT NULL,
    revoked_at INTEGER                          -- NULL: not revoked
) STRICT;

CREATE TABLE webhook_changes (
    id         INTEGER PRIMARY KEY,
    webhook_id INTEGER NOT NULL REFERENCES webhooks (id),
    at         INTEGER NOT NULL,
    by         TEXT    NOT NULL,                -- as it is shown: `user root`, `token erp`
    token_id   INTEGER REFERENCES tokens (id),  -- by a token: this one
    what       TEXT    NOT NULL,
    fields     TEXT    NOT NULL                 -- JSON array of the names of what changed, never a value
) STRICT;
CREATE INDEX webhook_changes_by_webhook ON webhook_changes (webhook_id, id);
