-- How far an import of existing accounts got, so that one that was interrupted goes on (policy 2.1.2).
-- A row names nobody: a digest of the file and of what was stated about it, the last line, and counts.
CREATE TABLE imports (
    digest BLOB NOT NULL PRIMARY KEY,
    line INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    at INTEGER NOT NULL
);
