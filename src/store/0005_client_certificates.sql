-- What a webhook shows and trusts over TLS: absolute paths, and never what is in the files.

ALTER TABLE webhooks ADD COLUMN client_cert TEXT;            -- NULL: shows none
ALTER TABLE webhooks ADD COLUMN client_key TEXT CHECK ((client_key IS NULL) = (client_cert IS NULL));
ALTER TABLE webhooks ADD COLUMN ca_file TEXT;                -- NULL: trusts what is configured for all
