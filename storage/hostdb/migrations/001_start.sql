-- What a host keeps. Times are unix milliseconds, UTC; 0 means never.
-- Numbers of roles, states, modes and kinds are those of package chat.

-- One row: the place itself.
CREATE TABLE place (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  lineage  BLOB NOT NULL CHECK (length(lineage) = 16), -- random; a store that was restored gets a new one
  name     TEXT NOT NULL DEFAULT '',
  mode     INTEGER NOT NULL DEFAULT 0,                 -- 0: not set up yet
  max_file INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO place (one, lineage) VALUES (1, randomblob(16));

-- Keys of the host: its transport key, the seed of its log-in.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id           BLOB PRIMARY KEY CHECK (length(id) = 16),
  name         TEXT NOT NULL,
  skeleton     TEXT NOT NULL UNIQUE,   -- equal for names that look alike
  role         INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  identity     BLOB NOT NULL CHECK (length(identity) = 32),
  record       BLOB,                   -- OPAQUE registration record; NULL: no password
  created      INTEGER NOT NULL,
  fails        INTEGER NOT NULL,
  failed_at    INTEGER NOT NULL,
  banned_until INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  by           BLOB NOT NULL,
  reset_hash   BLOB,                   -- SHA-256 of account and one-time code
  reset_until  INTEGER NOT NULL,
  invite       BLOB,
  invited_by   BLOB NOT NULL
) STRICT;

CREATE TABLE device (
  n           INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  account     BLOB NOT NULL REFERENCES account (id),
  transport   BLOB NOT NULL CHECK (length(transport) = 32),
  certificate BLOB NOT NULL,
  created     INTEGER NOT NULL,
  seen        INTEGER NOT NULL,
  revoked     INTEGER NOT NULL
) STRICT;
CREATE INDEX device_account ON device (account);

CREATE TABLE invite (
  id        BLOB PRIMARY KEY CHECK (length(id) = 32), -- SHA-256 of the token, which is not kept
  by        BLOB NOT NULL,
  role      INTEGER NOT NULL,
  uses      INTEGER NOT NULL,
  used      INTEGER NOT NULL CHECK (used <= uses),    -- the last guard against a link used twice
  created   INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  revoked   INTEGER NOT NULL,
  ask_first INTEGER NOT NULL,
  personal  INTEGER NOT NULL
) STRICT;

-- Entries for the directory that a moderator has not let in yet.
CREATE TABLE waiting (
  n         INTEGER PRIMARY KEY,
  device    BLOB NOT NULL UNIQUE REFERENCES device (id),
  received  INTEGER NOT NULL,
  counter   INTEGER NOT NULL,
  id        BLOB NOT NULL,
  envelope  BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;

CREATE TABLE room (
  n  INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16)
) STRICT;

-- The one order of everything. Rows are never deleted: a tombstone keeps the hash.
CREATE TABLE envelope (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  room      INTEGER NOT NULL REFERENCES room (n),
  device    INTEGER NOT NULL REFERENCES device (n),
  counter   INTEGER NOT NULL,
  id        BLOB NOT NULL CHECK (length(id) = 16),
  received  INTEGER NOT NULL,
  envelope  BLOB,
  signature BLOB,
  hash      BLOB, -- SHA-256 (envelope || signature), only in a tombstone
  UNIQUE (room, device, counter),
  CHECK ((envelope IS NULL) = (hash IS NOT NULL))
) STRICT;
CREATE INDEX envelope_room ON envelope (room, seq);

CREATE TABLE blob (
  root    BLOB PRIMARY KEY CHECK (length(root) = 32),
  length  INTEGER NOT NULL,
  account BLOB NOT NULL REFERENCES account (id),
  room    BLOB NOT NULL,
  created INTEGER NOT NULL,
  seq     INTEGER NOT NULL DEFAULT 0, -- the message that names it
  saved   INTEGER NOT NULL DEFAULT 0  -- when its opened form was written into the received folder
) STRICT;
CREATE INDEX blob_account ON blob (account, seq, length); -- what a quota asks for
CREATE INDEX blob_unnamed ON blob (created) WHERE seq = 0;
CREATE INDEX blob_unsaved ON blob (seq) WHERE seq > 0 AND saved = 0;

-- Who changed what. Each line's hash covers the line before it.
CREATE TABLE audit (
  n      INTEGER PRIMARY KEY AUTOINCREMENT,
  at     INTEGER NOT NULL,
  actor  BLOB NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
