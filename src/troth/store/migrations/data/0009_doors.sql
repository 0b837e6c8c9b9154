-- How fast something may come from one place or go to one: for each keyed digest, the moment up to which
-- its share is used up (policy 7.1). A row past that moment says nothing and is swept away.
CREATE TABLE paces (
    what BLOB NOT NULL PRIMARY KEY,
    used_until INTEGER NOT NULL
);
-- What the sweep takes away.
CREATE INDEX paces_by_end ON paces (used_until);
-- Where a subject has signed in from before, so that a strange place is told to them (policy 7.2). Only a
-- keyed digest of device and network is held, for ninety days after the last time.
CREATE TABLE devices (
    subject_id TEXT NOT NULL,
    device BLOB NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (subject_id, device)
);
-- What the sweep takes away.
CREATE INDEX devices_by_age ON devices (seen);
-- Where a session began, in coarse words and sealed: its own subject reads them in the list of sessions.
ALTER TABLE sessions ADD COLUMN began BLOB;
-- Who has a message in hand that people deliver (a call to make), and until when nobody else may take it.
ALTER TABLE outbox ADD COLUMN taken_by TEXT;
ALTER TABLE outbox ADD COLUMN taken_until INTEGER;
