-- Agreements with recipients (policy 4.1.4): nothing goes to one that needs an agreement before there
-- is one in force. A small reference table; it holds no personal data.
CREATE TABLE contracts (
    reference TEXT NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    purposes TEXT NOT NULL,
    fields TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
);
-- Which agreements a recipient has.
CREATE INDEX contracts_by_recipient ON contracts (recipient);
