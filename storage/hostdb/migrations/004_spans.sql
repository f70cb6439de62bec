-- The times that an account was in a sealed room before the one that member has:
-- whoever was away while they were taken out and brought in again has them still
-- to read.
CREATE TABLE span (
  room    INTEGER NOT NULL REFERENCES room (n),
  account BLOB NOT NULL REFERENCES account (id),
  since   INTEGER NOT NULL, -- rows after this one
  until   INTEGER NOT NULL, -- and up to this one
  PRIMARY KEY (room, account, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_account ON span (account);
