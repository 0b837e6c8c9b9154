-- Epochs: under which wrapping key (a file outside this database) the rows below are sealed.
-- state: live (new keys go here), closing (its keys are being rewrapped), destroyed (its file is gone).
-- proof is a constant sealed under the epoch key: it tells a key folder of another instance at once.
CREATE TABLE epochs (
    number INTEGER PRIMARY KEY,
    made_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    proof BLOB NOT NULL
);

-- Data keys, wrapped. The id is random; whose key it is cannot be read from this database.
CREATE TABLE wrapped_keys (
    key_id TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    wrapped BLOB NOT NULL
) WITHOUT ROWID;
