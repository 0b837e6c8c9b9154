-- Every published edition of the policy, for ever: what people agreed to must stay readable.
-- `source` is the document as it was written, `content` its canonical JSON, whose SHA-256 is `hash`.
-- No column names a subject: editions are the same for everybody and live in the home region.
CREATE TABLE editions (
    hash TEXT PRIMARY KEY,
    edition TEXT NOT NULL,
    effective INTEGER NOT NULL,
    published INTEGER NOT NULL,
    source TEXT NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX editions_in_force ON editions (effective, published);
