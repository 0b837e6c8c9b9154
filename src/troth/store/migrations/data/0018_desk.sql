-- What is owed to whom and not yet settled: one row a duty, written with the entry that owes it, so that
-- the desk finds what is due without reading anybody's standing (policy 9.7). No word of what was asked.
CREATE TABLE owing (
    subject_id TEXT NOT NULL,
    number TEXT NOT NULL,
    what TEXT NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, number)
);
-- What is due first is read from this index.
CREATE INDEX owing_by_due ON owing (due_at, subject_id, number);
-- How far people are with a request: its state, who works on it, what it waits for, which alarm comes next.
-- Names of fields, ids and moments only. A subject's erasure takes their id away and leaves the record that
-- 11 CCR 7101 demands, about nobody; the sweep takes it away two years after it was decided.
CREATE TABLE requests (
    subject_id TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    assignee TEXT NOT NULL,
    received INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    alarm_at INTEGER,
    moved_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    said BLOB NOT NULL,
    PRIMARY KEY (subject_id, number)
);
-- What waits, soonest due first; what was decided, longest ago first.
CREATE INDEX requests_by_state ON requests (state, due_at, subject_id, number);
-- Whose file a request lies in now, by its number.
CREATE INDEX requests_by_number ON requests (number);
-- Which alarm comes next.
CREATE INDEX requests_by_alarm ON requests (alarm_at) WHERE alarm_at IS NOT NULL;
