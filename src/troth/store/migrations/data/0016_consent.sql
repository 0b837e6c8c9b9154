-- What machines are to hear: the operator's services, and recipients who were given data. The event lies
-- sealed under a key of its own; the row is gone when it was taken, when its subject is erased, or after
-- thirty days. subject_id is the house's own random id, by which the operator's services know somebody.
CREATE TABLE webhooks (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    tries INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (subject_id, id, endpoint)
);

-- What is due at an address is read from this index.
CREATE INDEX webhooks_due ON webhooks (endpoint, next_at, id);

-- Addresses that took nothing for days: left alone until somebody mends them.
CREATE TABLE webhooks_off (
    endpoint TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    code TEXT NOT NULL
);

-- Which consents are about to end, so that their subject is asked in time whether to renew. It says
-- nothing that the standing does not; a row goes when its subject was asked, answered or is erased.
CREATE TABLE renewals (
    subject_id TEXT NOT NULL,
    consent TEXT NOT NULL,
    ask_at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, consent)
);

-- Whom to ask next is read from this index.
CREATE INDEX renewals_due ON renewals (ask_at, subject_id, consent);
