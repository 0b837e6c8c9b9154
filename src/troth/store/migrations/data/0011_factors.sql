-- What is good once and was used: a time step of an authenticator app, a challenge to a passkey, a
-- half-done sign-in. Known by a keyed digest alone, and kept only as long as it could be tried again.
CREATE TABLE spent_proofs (
    what BLOB NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
);
-- What the sweep takes away.
CREATE INDEX spent_by_age ON spent_proofs (until);
