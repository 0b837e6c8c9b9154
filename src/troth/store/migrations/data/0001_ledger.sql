-- Every entry, once and for ever: written with the act it remembers, never updated or deleted.
-- who leads the key; nth numbers a subject's entries from 1, so two writers cannot fold the same
-- standing twice. An entry about nobody has who = '' and takes nth from its moment and chance.
CREATE TABLE entries (
    who TEXT NOT NULL,
    nth INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    PRIMARY KEY (who, nth)
);

-- Entries recorded and not yet in the tree: a state, not a watermark, so that one committed late
-- by a slow transaction is found all the same. The leaf's hash is taken when it is recorded. due is
-- the entry's moment, and no earlier than what the same program recorded before. entries' key keeps
-- these rows unique too.
CREATE TABLE pending_entries (
    who TEXT NOT NULL,
    nth INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    due INTEGER NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX pending_by_time ON pending_entries (due, who, nth);

-- Where an entry stands in the tree: its leaf's index, counted from 0.
CREATE TABLE placed_entries (
    place INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    nth INTEGER NOT NULL
);
CREATE INDEX placed_by_id ON placed_entries (id);
CREATE INDEX placed_by_kind ON placed_entries (kind, place);

-- The tree, in tiles 256 hashes wide (C2SP tlog-tiles), each with the nodes above its hashes.
-- A full tile never changes again.
CREATE TABLE tiles (
    level INTEGER NOT NULL,
    idx INTEGER NOT NULL,
    width INTEGER NOT NULL,
    nodes BLOB NOT NULL,
    PRIMARY KEY (level, idx)
);

-- One row: the tree's size, and who may extend it until when.
CREATE TABLE tree_head (
    one INTEGER NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
);
INSERT INTO tree_head (one, size, holder, until) VALUES (1, 0, '', 0);

-- Every head that was signed, as the note that was handed out.
CREATE TABLE checkpoints (
    size INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    note TEXT NOT NULL
);

-- What each subject's entries add up to; can be made again from them at any time.
CREATE TABLE standings (
    who TEXT NOT NULL PRIMARY KEY,
    standing BLOB NOT NULL
);
