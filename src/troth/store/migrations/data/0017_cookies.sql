-- Which entry of the ledger a choice about cookies is (3.1.2, 9.3), by the digest of a number that
-- only the browser holds. It is about nobody: neither who chose nor from where.
CREATE TABLE cookie_receipts (
    digest TEXT NOT NULL PRIMARY KEY,
    entry TEXT NOT NULL,
    at INTEGER NOT NULL
);
-- What the sweep takes away.
CREATE INDEX cookie_receipts_by_age ON cookie_receipts (at);
-- How often a browser's privacy signal was honoured on a day that is not in the ledger yet (9.6).
CREATE TABLE privacy_signals (
    day TEXT NOT NULL,
    name TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (day, name)
);
