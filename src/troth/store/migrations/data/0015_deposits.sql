-- What was made for a subject and waits for them: the copy of their data (policy 9.1). Contents lie sealed
-- under a key of their own, which dies when the row goes: at its date, when its subject says so, and with
-- every erasure, for a copy holds what was erased. key_id is empty and sealed is nothing until it is made.
-- next_at is when a row that is not ready is worked on next: at once, or after the lease of who tried before.
CREATE TABLE deposits (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    done INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    size INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB,
    ordered_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    fetched INTEGER NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- What is to be worked on is read from this index.
CREATE INDEX deposits_due ON deposits (state, next_at);
-- What the sweep takes away.
CREATE INDEX deposits_by_end ON deposits (until);
