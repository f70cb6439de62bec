-- Rooms beside the directory and the Lobby, who is in the sealed ones, and what
-- the host keeps for devices that are away.

ALTER TABLE room ADD COLUMN kind    INTEGER NOT NULL DEFAULT 2;
ALTER TABLE room ADD COLUMN name    TEXT NOT NULL DEFAULT '';    -- of open rooms; the host knows no others
ALTER TABLE room ADD COLUMN topic   TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN by      BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE room ADD COLUMN peer    BLOB NOT NULL DEFAULT x'00000000000000000000000000000000'; -- of direct rooms
ALTER TABLE room ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;  -- its rows go, the id stays taken
ALTER TABLE room ADD COLUMN commit_seq INTEGER NOT NULL DEFAULT 0; -- its last MLS commit
UPDATE room SET kind = 1 WHERE id = x'6469726563746f727900000000000000';

-- To whom a sealed room is delivered. What they can read is another matter.
CREATE TABLE member (
  room    INTEGER NOT NULL REFERENCES room (n),
  account BLOB NOT NULL REFERENCES account (id),
  admin   INTEGER NOT NULL,
  since   INTEGER NOT NULL,           -- rows after this one
  until   INTEGER NOT NULL DEFAULT 0, -- and, once gone, up to this one
  gone    INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member (account);
CREATE INDEX member_gone ON member (gone) WHERE gone > 0;

-- The chain of a room after some of its rows, so that it is computed once.
CREATE TABLE checkpoint (
  room  INTEGER NOT NULL REFERENCES room (n),
  seq   INTEGER NOT NULL,
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_package (
  n           INTEGER PRIMARY KEY AUTOINCREMENT,
  device      INTEGER NOT NULL REFERENCES device (n),
  last_resort INTEGER NOT NULL,
  package     BLOB NOT NULL
) STRICT;
CREATE INDEX key_package_device ON key_package (device, last_resort, n);

CREATE TABLE mail (
  n         INTEGER PRIMARY KEY AUTOINCREMENT,
  recipient INTEGER NOT NULL REFERENCES device (n),
  sender    INTEGER NOT NULL REFERENCES device (n),
  id        BLOB NOT NULL CHECK (length(id) = 16),
  room      BLOB NOT NULL,
  kind      INTEGER NOT NULL,
  data      BLOB NOT NULL,
  root      BLOB,                       -- the blob that it names
  length    INTEGER NOT NULL DEFAULT 0,
  seq       INTEGER NOT NULL DEFAULT 0, -- the row that it came with
  at        INTEGER NOT NULL,
  UNIQUE (recipient, sender, id)
) STRICT;
CREATE INDEX mail_recipient ON mail (recipient, n);
CREATE INDEX mail_sender ON mail (sender);
CREATE INDEX mail_root ON mail (root) WHERE root IS NOT NULL;
CREATE INDEX mail_at ON mail (at);

-- What goes with a deleted room.
CREATE INDEX mail_room ON mail (room);
CREATE INDEX blob_room ON blob (room);
