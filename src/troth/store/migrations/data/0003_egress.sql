-- Messages on their way out. Addresses, title, text and pseudonym lie sealed under a key of their own,
-- so a stolen table tells nobody whom we write to; the row is gone as soon as a channel has taken it.
-- subject_id is the subject, or a random id where the message is for somebody who has no file yet.
-- next_at is when the row is to be looked at again: the next try, the end of a lease, or (dead) its purge.
CREATE TABLE outbox (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    notice TEXT NOT NULL,
    purpose TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    state TEXT NOT NULL,
    place INTEGER NOT NULL,
    places INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (subject_id, id)
);

-- What is due is read from this index; the table is never scanned for it.
CREATE INDEX outbox_due ON outbox (state, next_at);
