-- Who speaks for which minor, or asks to: one row a guardian, who has a file and a key of their own; or
-- somebody who says that they are no minor. Two random ids, how far it is, and what was answered to
-- two questions (said); everything else lies sealed in the files. A minor's erasure empties ward_id,
-- and the sweep then erases the guardian; a guardian's erasure takes the row away.
CREATE TABLE guardians (
    subject_id TEXT NOT NULL PRIMARY KEY,
    ward_id TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    method TEXT NOT NULL,
    said TEXT NOT NULL,
    language TEXT NOT NULL,
    made INTEGER NOT NULL,
    changed INTEGER NOT NULL
);
-- Whose guardians these are.
CREATE INDEX guardians_by_ward ON guardians (ward_id);
-- What waits for somebody, longest first.
CREATE INDEX guardians_by_state ON guardians (state, changed);
-- One row: up to which moment birthdays were looked for.
CREATE TABLE birthdays (
    one INTEGER NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
);
