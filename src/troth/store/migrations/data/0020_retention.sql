-- What many had in common when it was anonymised: a month, a value that at least ten shared (or nothing,
-- for all the others) and how many. There is no subject, no day and no key in it.
CREATE TABLE anonymised (
    field TEXT NOT NULL,
    month TEXT NOT NULL,
    value TEXT NOT NULL,
    many INTEGER NOT NULL,
    PRIMARY KEY (field, month, value)
);
-- Sweeps that were planned, and what became of the plan: figures and terms as JSON, without anybody in them.
-- Nothing is swept before somebody approved a plan whose terms are no longer than those of now.
CREATE TABLE retention_plans (
    id TEXT NOT NULL PRIMARY KEY,
    made_at INTEGER NOT NULL,
    edition TEXT NOT NULL,
    terms TEXT NOT NULL,
    figures TEXT NOT NULL,
    state TEXT NOT NULL,
    decided_at INTEGER,
    decided_by TEXT NOT NULL
);
-- What was closed or ordered: a purpose, a service, a law's demand. It is done subject by subject in the order
-- of their ids; region and cursor say how far it is, so that a killed one goes on.
CREATE TABLE retention_orders (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    law TEXT NOT NULL,
    regimes TEXT NOT NULL,
    categories TEXT NOT NULL,
    at INTEGER NOT NULL,
    ordered_by TEXT NOT NULL,
    region TEXT NOT NULL,
    cursor TEXT NOT NULL,
    erased INTEGER NOT NULL,
    done_at INTEGER
);
-- By which terms the due dates of a region were worked out, and how far that is: another edition may have others.
CREATE TABLE retention_marks (
    region TEXT NOT NULL PRIMARY KEY,
    terms TEXT NOT NULL,
    cursor TEXT NOT NULL
);
-- When somebody was here last, to the day: what nobody uses any more has an end too. Goes with the subject.
CREATE TABLE activity (
    subject_id TEXT NOT NULL PRIMARY KEY,
    seen INTEGER NOT NULL
);
-- The key of a subject's usage log. It is apart from the subject's own, which changes with every erasure of a
-- part, so that a log of many lines need not be sealed anew.
CREATE TABLE log_files (
    subject_id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL
);
-- The key of everything in the log that ends on one day (days since 1970): a line opens only with its
-- subject's key and that day's, and when the day has come its key dies and with it every copy of those lines.
CREATE TABLE log_days (
    ends INTEGER NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL
);
-- The usage log, a line for each visit; nth is the number of its entry on the subject's trail, so that a line
-- that is taken out or put in is missed there. Lines are only ever added, and go when their day has come.
CREATE TABLE log_lines (
    subject_id TEXT NOT NULL,
    nth INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (subject_id, nth)
);
-- What ends when is read from this index.
CREATE INDEX log_lines_by_end ON log_lines (ends, subject_id);
-- What is held on paper: of which subject or under which letter's number, which category, where it lies, and when
-- it is due. No column takes what is written on it. A row outlives its subject, until somebody has destroyed
-- the paper and said how.
CREATE TABLE papers (
    id TEXT NOT NULL PRIMARY KEY,
    subject_id TEXT NOT NULL,
    letter TEXT NOT NULL,
    category TEXT NOT NULL,
    kind TEXT NOT NULL,
    pages INTEGER NOT NULL,
    place TEXT NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER,
    state TEXT NOT NULL,
    method TEXT NOT NULL,
    level TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    done_by TEXT NOT NULL,
    done_at INTEGER
);
-- What an erasure asks, and what ends with a subject.
CREATE INDEX papers_by_subject ON papers (subject_id);
