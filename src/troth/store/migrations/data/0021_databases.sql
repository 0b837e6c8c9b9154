-- What the controller's other databases are ordered to do with one subject's data: to erase, correct, restrict
-- or release it (policy 9.2, 9.4). A row lives until every database was asked again and answered clean. What
-- the subject is known by there, and how far they were traced, lies sealed under a key that dies with the row;
-- categories and laws (JSON) name nobody. due_at is when it is overdue, alarmed_at when that was told (0: not).
CREATE TABLE orders (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    task TEXT NOT NULL,
    categories TEXT NOT NULL,
    held TEXT NOT NULL,
    until INTEGER,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    tries INTEGER NOT NULL,
    ordered_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    alarmed_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    PRIMARY KEY (subject_id, id)
);
-- Erasures that an older version had ordered go on, one order for each database.
INSERT INTO orders SELECT subject_id, place, 'erase', '["*"]', '{}', NULL, key_id, sealed, tries, ordered_at,
    ordered_at + 2592000000, 0, 0, next_at, '' FROM errands;
-- One database of one order: what it answered when it was asked last. remains (JSON) has places, categories
-- and counts, never a value; asked_at is 0 where it was never asked.
CREATE TABLE errands_of_orders (
    subject_id TEXT NOT NULL,
    id TEXT NOT NULL,
    place TEXT NOT NULL,
    state TEXT NOT NULL,
    remains TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    PRIMARY KEY (subject_id, id, place)
);
INSERT INTO errands_of_orders SELECT subject_id, place, place, 'open', '[]', 0 FROM errands;
DROP TABLE errands;
ALTER TABLE errands_of_orders RENAME TO errands;
-- Whose turn it is is read from this index.
CREATE INDEX orders_due ON orders (next_at, subject_id, id);
