-- One row per one-time code that was sent (policy 2.1.2). It holds neither the code nor the address:
-- both lie under a keyed digest, and the flow is bound into the code's.
CREATE TABLE codes (
    challenge TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    address BLOB NOT NULL,
    code BLOB NOT NULL,
    made INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0
);
-- How many codes an address was sent of late.
CREATE INDEX codes_by_address ON codes (address, made);
-- What the sweep takes away.
CREATE INDEX codes_by_expiry ON codes (expires);
-- One row per session that stands (policy 3.1.1). The token itself is held by the subject alone.
CREATE TABLE sessions (
    subject_id TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    made INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    stepped INTEGER,
    PRIMARY KEY (subject_id, token_hash)
);
-- What the sweep takes away.
CREATE INDEX sessions_by_age ON sessions (made);
-- Failed tries in a row per keyed digest of what was tried; a success takes the row away.
CREATE TABLE throttles (
    what BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    until INTEGER NOT NULL
);
