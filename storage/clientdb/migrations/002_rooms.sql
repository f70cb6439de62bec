-- Several rooms, open and sealed: whose they are, their MLS groups, who is in
-- them, and what goes out with a message. storage/SCHEMA.md explains it.

ALTER TABLE room ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN state INTEGER NOT NULL DEFAULT 1;     -- 1: joined
ALTER TABLE room ADD COLUMN peer BLOB NOT NULL DEFAULT x'';       -- account of the other one in direct messages
ALTER TABLE room ADD COLUMN since INTEGER NOT NULL DEFAULT 0;     -- rows after this are the account's
ALTER TABLE room ADD COLUMN chained INTEGER NOT NULL DEFAULT 1;   -- 0: the chain at the cursor is not known yet
ALTER TABLE room ADD COLUMN admin INTEGER NOT NULL DEFAULT 0;     -- may change the members
ALTER TABLE room ADD COLUMN maker BLOB NOT NULL DEFAULT x'';      -- account that made it
ALTER TABLE room ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN healed INTEGER NOT NULL DEFAULT 0;    -- last fresh keys of this device in the group
ALTER TABLE room ADD COLUMN spoken INTEGER NOT NULL DEFAULT 0;    -- messages of this device since then

ALTER TABLE account ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0; -- when the person blocked this account, 0: not

-- The exact message that was or will be sent to the host, so that it is the same
-- when it is sent again; NULL until it is sealed.
ALTER TABLE outbox ADD COLUMN post BLOB;

-- Who is in a sealed room, as its MLS group says, and how far they are.
CREATE TABLE member (
	room INTEGER NOT NULL REFERENCES room,
	account BLOB NOT NULL CHECK (length(account) = 16),
	present INTEGER NOT NULL,   -- 0: was in it
	admin INTEGER NOT NULL,
	devices INTEGER NOT NULL,
	delivered INTEGER NOT NULL, -- rows up to this one are on a device of theirs
	read INTEGER NOT NULL,      -- and were seen
	PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

-- The state of MLS groups (crypto/mls): mostly secrets.
CREATE TABLE grouprow (
	team BLOB NOT NULL, -- id of the group, empty for key packages
	key BLOB NOT NULL,
	value BLOB NOT NULL,
	PRIMARY KEY (team, key)
) STRICT, WITHOUT ROWID;

-- Mail that was taken, so that it is not taken twice.
CREATE TABLE mail (
	id BLOB PRIMARY KEY CHECK (length(id) = 16),
	taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Blobs that go out before the row that names them.
CREATE TABLE parcel (
	root BLOB PRIMARY KEY CHECK (length(root) = 32),
	room INTEGER NOT NULL REFERENCES room,
	data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
