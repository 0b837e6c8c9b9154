-- Checks of identity that end hours or days after they were asked: a face, an amount that arrives on an
-- account (policy 2.1.1). What was asked about stands here as one keyed digest only; `provider` is what
-- the authority calls the check, `url` where the person goes on, `outcome` its answer without a value.
-- next_at is when the row is to be looked at again: asked about, ended by the clock, or swept away.
CREATE TABLE identity_flows (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    fields TEXT NOT NULL,
    digest TEXT NOT NULL,
    provider TEXT NOT NULL,
    url TEXT NOT NULL,
    memo BLOB NOT NULL,
    state TEXT NOT NULL,
    outcome BLOB NOT NULL,
    tries INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- What is due is read from this index.
CREATE INDEX identity_flows_due ON identity_flows (next_at, subject_id, id);
-- An authority that calls knows a check by its own name for it.
CREATE INDEX identity_flows_by_provider ON identity_flows (provider);
-- What an authority said of the same elements before, so that they are not sent and paid for twice.
CREATE TABLE identity_outcomes (
    subject_id TEXT NOT NULL,
    task TEXT NOT NULL,
    digest TEXT NOT NULL,
    outcome BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, task, digest)
);
-- How often a subject, a number or the house has asked of late, by keyed digest: nobody probes a number
-- through many accounts, so these counts outlive an account, by a month at most.
CREATE TABLE identity_counts (
    what BLOB NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    until INTEGER NOT NULL
);
-- What the sweep takes away.
CREATE INDEX identity_counts_by_end ON identity_counts (until);
-- Signed calls from an authority that were taken: each id once, for as long as its signature holds.
CREATE TABLE identity_calls (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
);
-- What the sweep takes away.
CREATE INDEX identity_calls_by_age ON identity_calls (at);
-- Cases that two members of staff decide, one after the other (policy 6.2). Staff stand here by their
-- random ids; `digest` is a keyed digest of values that the second must enter alike.
CREATE TABLE cases (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    state TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    proposal TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest TEXT NOT NULL,
    barred TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- What waits for somebody, soonest due first.
CREATE INDEX cases_waiting ON cases (state, due_at, subject_id, id);
