-- Applications that people sign in to with their account: each is a recipient of the policy (4.1).
-- A small reference table; it holds no personal data, and of a secret only a keyed digest.
CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    said BLOB NOT NULL,
    secret TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    ended_at INTEGER
);
-- What signs the word of who somebody is: public halves as they are, private ones sealed. Who signs
-- with which, and until when, follows from when each was published. nth keeps two programs from
-- making the same key twice.
CREATE TABLE signing_keys (
    algorithm TEXT NOT NULL,
    nth INTEGER NOT NULL,
    kid TEXT NOT NULL,
    public BLOB NOT NULL,
    sealed BLOB NOT NULL,
    published INTEGER NOT NULL,
    PRIMARY KEY (algorithm, nth)
);
-- What somebody lets an application know and what they declined (4.1.1, 9.3), by names alone.
CREATE TABLE grants (
    subject_id TEXT NOT NULL,
    application TEXT NOT NULL,
    scopes TEXT NOT NULL,
    declined TEXT NOT NULL,
    since INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (subject_id, application)
);
-- One sign-in at an application: everything that was handed out for it rests on this row. word says
-- for whom it ends, sealed: what its application will be told then.
CREATE TABLE sign_ins (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    application TEXT NOT NULL,
    session TEXT NOT NULL,
    lasting INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    proved_at INTEGER NOT NULL,
    means TEXT NOT NULL,
    level INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    until INTEGER NOT NULL,
    word BLOB,
    PRIMARY KEY (subject_id, id)
);
-- What the sweep takes away.
CREATE INDEX sign_ins_by_end ON sign_ins (until);
-- By what a session was proved (RFC 8176: pwd, otp, hwk), for applications that ask.
ALTER TABLE sessions ADD COLUMN means TEXT NOT NULL DEFAULT '';
-- Codes and tokens, each by a keyed digest: whoever steals the table cannot use one of them.
CREATE TABLE passes (
    subject_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    sign_in TEXT NOT NULL,
    bound BLOB NOT NULL,
    expires INTEGER NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subject_id, digest)
);
-- Whose a pass is: nothing in it tells, so that an application does not learn an account's id.
CREATE INDEX passes_by_digest ON passes (digest);
-- What the sweep takes away.
CREATE INDEX passes_by_end ON passes (expires);
-- Applications that have yet to be told that a sign-in has ended. The word names somebody as that
-- application alone does, sealed, so the row may outlive the subject: it leads to nobody.
CREATE TABLE logouts (
    id TEXT NOT NULL PRIMARY KEY,
    application TEXT NOT NULL,
    word BLOB NOT NULL,
    tries INTEGER NOT NULL,
    next_at INTEGER NOT NULL
);
-- What is due is read from this index.
CREATE INDEX logouts_due ON logouts (next_at, id);
