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
    until INTEGER,
    next_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (subject_id, id)
);

-- What is due is read from this index; the table is never scanned for it.
CREATE INDEX outbox_due ON outbox (state, next_at, id);

-- Which of the controller's other databases must still be asked to erase a subject. A row goes when its
-- database was asked again and held nothing; it is never given up. What the database knows the subject by,
-- and the pseudonym the ledger has for them, lie sealed: in the clear they would undo the erasure.
CREATE TABLE errands (
    subject_id TEXT NOT NULL,
    place TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    residue INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    ordered_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    PRIMARY KEY (subject_id, place)
);

-- What is due is read from this index.
CREATE INDEX errands_due ON errands (next_at, subject_id, place);
