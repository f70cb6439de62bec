-- How long files stay, and which ones do whatever the rules say.

ALTER TABLE place ADD COLUMN files_total INTEGER NOT NULL DEFAULT 0; -- bytes of all files, 0: no bound
ALTER TABLE place ADD COLUMN files_keep  INTEGER NOT NULL DEFAULT 0; -- milliseconds, 0: for ever
ALTER TABLE place ADD COLUMN marked      INTEGER NOT NULL DEFAULT 0; -- named and pin hold what open rooms say up to this row

ALTER TABLE blob ADD COLUMN last INTEGER NOT NULL DEFAULT 0; -- the last message that hands it over
ALTER TABLE blob ADD COLUMN kept INTEGER NOT NULL DEFAULT 0; -- 1: a message or a commit itself, which is never removed
ALTER TABLE blob ADD COLUMN gone INTEGER NOT NULL DEFAULT 0; -- when it was decided to remove it: the bytes go, then this row
UPDATE blob SET last = seq;
CREATE INDEX blob_age ON blob (last) WHERE seq > 0 AND kept = 0 AND gone = 0;
CREATE INDEX blob_gone ON blob (gone) WHERE gone > 0;

-- Messages of open rooms that hand over a file, and messages that are pinned there.
CREATE TABLE named (
  room   INTEGER NOT NULL REFERENCES room (n),
  id     BLOB NOT NULL CHECK (length(id) = 16),
  root   BLOB NOT NULL CHECK (length(root) = 32),
  device INTEGER NOT NULL REFERENCES device (n),
  PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX named_root ON named (root);
CREATE TABLE pin (
  room   INTEGER NOT NULL REFERENCES room (n),
  target BLOB NOT NULL CHECK (length(target) = 16),
  PRIMARY KEY (room, target)
) STRICT, WITHOUT ROWID;
