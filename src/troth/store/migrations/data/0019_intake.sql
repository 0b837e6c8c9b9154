-- What came from outside (mail, letter, telephone, an agent, another controller) and the request it became.
-- A row names no subject: a random number, by which way, which program sent it. Its own reference and its
-- sender are keyed digests; where it wants to be told of its state lies sealed. told is the state that was
-- told last, look_at when to look again, tries how often telling failed since.
CREATE TABLE intake (
    reference BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    way TEXT NOT NULL,
    party TEXT NOT NULL,
    sender BLOB NOT NULL,
    register TEXT NOT NULL,
    sealed BLOB NOT NULL,
    told TEXT NOT NULL,
    watched INTEGER NOT NULL,
    look_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    made INTEGER NOT NULL
);
-- What became of a request, by its number; a program's own id of one leads to one, however often it is sent.
CREATE INDEX intake_by_number ON intake (number);
-- Whose state is to be told of.
CREATE INDEX intake_watched ON intake (watched, look_at);
-- What is old.
CREATE INDEX intake_by_age ON intake (made);
-- Messages that were taken, by a keyed digest: one that comes again is known. number is empty while it is
-- being taken; who was interrupted in it leaves a claim that another may take over after a while.
CREATE TABLE intake_messages (
    digest BLOB NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    at INTEGER NOT NULL
);
-- What is old.
CREATE INDEX intake_messages_by_age ON intake_messages (at);
-- Agents that may ask for others: the public key that proves them, and the addresses they are told at.
CREATE TABLE agents (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    verify_key TEXT NOT NULL,
    origins TEXT NOT NULL,
    made INTEGER NOT NULL,
    ended_at INTEGER
);
-- Tokens by which an agent is known between its signed messages; their hashes stand for them.
CREATE TABLE agent_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    agent_id TEXT NOT NULL,
    made INTEGER NOT NULL
);
-- Powers of attorney: who may ask for a subject, for what, until when, and whether it still stands. The
-- paper itself lies in the subject's file. agent is the id of one that is entered, or nothing: then the
-- name stands on the paper alone. A subject's erasure takes the rows away.
CREATE TABLE powers (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    agent TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    checked_by TEXT NOT NULL,
    made INTEGER NOT NULL,
    until INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- What has run out.
CREATE INDEX powers_by_end ON powers (state, until);
