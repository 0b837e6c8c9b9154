-- performed: an act asked for twice under one idempotency key is done once (decision 7).
CREATE TABLE performed (
    subject_id TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    outcome BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, key)
);
-- What is forgotten after a month.
CREATE INDEX performed_by_age ON performed (at);
-- gone: a random id that was erased, so that a late act answers "gone" and a restore stays clean.
-- It says that somebody was here and nothing of whom.
CREATE TABLE gone (
    subject_id TEXT NOT NULL PRIMARY KEY
);
