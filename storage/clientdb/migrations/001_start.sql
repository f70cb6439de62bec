-- Everything that one device keeps of one place. storage/SCHEMA.md explains it.
-- Ids and keys are blobs, times unix milliseconds, sizes bytes.

CREATE TABLE place (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	host BLOB NOT NULL CHECK (length(host) = 32), -- the pin
	addresses TEXT NOT NULL,                      -- one a line
	name TEXT NOT NULL,
	mode INTEGER NOT NULL,
	max_file INTEGER NOT NULL,
	owner TEXT NOT NULL,
	lineage BLOB NOT NULL CHECK (length(lineage) = 16),
	joined INTEGER NOT NULL,
	account BLOB NOT NULL CHECK (length(account) = 16),
	person TEXT NOT NULL,
	role INTEGER NOT NULL,
	state INTEGER NOT NULL,
	has_pass INTEGER NOT NULL,
	transport BLOB NOT NULL CHECK (length(transport) = 32), -- private keys of this device
	envelope BLOB NOT NULL CHECK (length(envelope) = 32),
	mls BLOB NOT NULL CHECK (length(mls) = 32),
	identity BLOB CHECK (length(identity) = 32)             -- of the account; NULL: not on this device
) STRICT;

-- What the directory proves (identity, the pin) and what the host says (role ...).
CREATE TABLE account (
	number INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	name TEXT NOT NULL,
	identity BLOB CHECK (length(identity) = 32), -- NULL until the directory has it
	first_seen INTEGER NOT NULL,
	changed INTEGER NOT NULL,                    -- last time the identity became another one, 0: never
	verified INTEGER NOT NULL,                   -- when the person verified this identity, 0: not
	role INTEGER NOT NULL,
	state INTEGER NOT NULL,                      -- 0: not in the host's list
	seen INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
	number INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	account INTEGER NOT NULL REFERENCES account,
	certificate BLOB NOT NULL,
	seq INTEGER NOT NULL,    -- directory row that brought it
	revoked INTEGER NOT NULL -- directory row that ended it, 0: none did
) STRICT;
CREATE INDEX device_account ON device(account);

CREATE TABLE revocation (
	identity BLOB NOT NULL CHECK (length(identity) = 32),
	number INTEGER NOT NULL,
	device BLOB NOT NULL CHECK (length(device) = 16),
	at INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (identity, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
	number INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	kind INTEGER NOT NULL,
	name TEXT NOT NULL,
	cursor INTEGER NOT NULL,  -- last row that was processed
	chain BLOB NOT NULL CHECK (length(chain) = 32),
	counter INTEGER NOT NULL, -- last one given to a message of this device
	read INTEGER NOT NULL     -- last row that the person saw
) STRICT;

-- seq is one order for the whole place, so rows are appended at the end of the
-- table whatever their room. line is the room in whose timeline the row is
-- shown (0: in none); entries of the directory are lines in the Lobby.
CREATE TABLE message (
	seq INTEGER PRIMARY KEY,
	room INTEGER NOT NULL REFERENCES room,
	line INTEGER NOT NULL,
	id BLOB NOT NULL,
	device INTEGER NOT NULL, -- 0: of no known device
	counter INTEGER NOT NULL,
	sent INTEGER NOT NULL,
	received INTEGER NOT NULL,
	kind INTEGER NOT NULL,   -- 0: a tombstone, or a row that could not be read
	body BLOB NOT NULL,
	text TEXT NOT NULL,      -- for kinds that this version does not know
	flags INTEGER NOT NULL,
	chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE INDEX message_line ON message(line, seq) WHERE line > 0;
CREATE INDEX message_counter ON message(device, room, counter) WHERE device > 0;
CREATE INDEX message_id ON message(id) WHERE device > 0;

CREATE TABLE outbox (
	number INTEGER PRIMARY KEY AUTOINCREMENT, -- order of writing
	room INTEGER NOT NULL REFERENCES room,
	counter INTEGER NOT NULL,                 -- 0: refused, takes no part in the order
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	kind INTEGER NOT NULL,
	body BLOB NOT NULL,
	created INTEGER NOT NULL,
	state INTEGER NOT NULL,
	code INTEGER NOT NULL,
	seq INTEGER NOT NULL                      -- of the row on the host, 0: not there yet
) STRICT;
CREATE INDEX outbox_room ON outbox(room, counter);

CREATE TABLE transfer (
	id BLOB PRIMARY KEY CHECK (length(id) = 16), -- of the message that carries the file
	direction INTEGER NOT NULL,
	room INTEGER NOT NULL REFERENCES room,
	root BLOB NOT NULL CHECK (length(root) = 32),
	key BLOB NOT NULL CHECK (length(key) = 32),
	length INTEGER NOT NULL,
	size INTEGER NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	path TEXT NOT NULL,  -- where it came from, or lies now
	spool TEXT NOT NULL, -- sealed bytes in the place's folder, '' when there are none
	state INTEGER NOT NULL,
	code INTEGER NOT NULL,
	have INTEGER NOT NULL,
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_root ON transfer(root);

-- The secrets of links that were made here, so that they can be shown again.
CREATE TABLE invite (
	id BLOB PRIMARY KEY CHECK (length(id) = 32),
	secret BLOB NOT NULL CHECK (length(secret) = 16),
	inviter BLOB NOT NULL, -- in personal links, else empty
	created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
	room INTEGER PRIMARY KEY REFERENCES room,
	text TEXT NOT NULL
) STRICT;
