-- Who has a file: one row a subject. link is the ledger's pseudonym, sealed under the subject's own key,
-- so without that key nobody can say whose trail is whose. due_at is the next moment the retention sweep
-- has to look at this subject. No other moment is kept, and the row order is the random id's, not time's.
CREATE TABLE subjects (
    subject_id TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    link BLOB NOT NULL,
    due_at INTEGER
) WITHOUT ROWID;

-- What is due is read from this index; the table is never scanned for it.
CREATE INDEX subjects_due ON subjects (due_at, subject_id) WHERE due_at IS NOT NULL;

-- What is held: the fields of one group (the first part of their names), sealed together in one cell.
-- A large value lies in a cell of its own, named by the field with a slash after it.
CREATE TABLE cells (
    subject_id TEXT NOT NULL,
    grp TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (subject_id, grp)
) WITHOUT ROWID;

-- The blind index: finds the subject who holds a value without saying the value (a keyed hash of it).
-- slot is empty where the field is unique, so that a second holder collides; else it is the subject.
CREATE TABLE blind (
    value BLOB NOT NULL,
    slot TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    PRIMARY KEY (value, slot)
) WITHOUT ROWID;

-- An erasure empties the index for a subject even when their cells can no longer be opened.
CREATE INDEX blind_subject ON blind (subject_id);

-- Keys that have to die: written with the erasure, in its transaction; struck off once the key store has
-- destroyed the key. What a crash leaves here is finished at the next start.
CREATE TABLE doomed (
    key_id TEXT PRIMARY KEY
) WITHOUT ROWID;
