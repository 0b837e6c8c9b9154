-- A copy lies in pieces, so that none is ever whole in memory; part -1 is its manifest.
CREATE TABLE deposit_parts (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (subject_id, id, part)
);
-- What lay whole until now cannot be read any more; it is ordered anew.
UPDATE deposits SET state = 'failed' WHERE sealed IS NOT NULL;
ALTER TABLE deposits DROP COLUMN sealed;
-- Whether people look at it before it may be fetched, and what they took out: names and reasons.
ALTER TABLE deposits ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deposits ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
