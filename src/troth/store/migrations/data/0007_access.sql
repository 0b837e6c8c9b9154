-- service_keys: programs that may call, by the hash of their key; a small reference table.
CREATE TABLE service_keys (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    purposes TEXT NOT NULL,
    region TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    ended_at INTEGER
);
-- staff: people who act under the controller's authority, by random id; a small reference table.
CREATE TABLE staff (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    region TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    ended_at INTEGER
);
-- staff_sessions: who of them is signed in, by the hash of a token.
CREATE TABLE staff_sessions (
    hash BLOB NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    until INTEGER NOT NULL
);
