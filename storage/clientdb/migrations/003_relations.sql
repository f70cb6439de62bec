-- Rows that are about another message: reactions, edits, deletions, pins. What
-- they say is in message; here is only what they are about. The target may be
-- missing, or come later.
CREATE TABLE relation (
	room INTEGER NOT NULL REFERENCES room,
	target BLOB NOT NULL CHECK (length(target) = 16),
	seq INTEGER NOT NULL,
	PRIMARY KEY (room, target, seq)
) STRICT, WITHOUT ROWID;

-- Files (2) and pins (6) of a room are looked for without reading all of it.
CREATE INDEX message_file ON message(line, seq) WHERE kind = 2;
CREATE INDEX message_pin ON message(room, seq) WHERE kind = 6;
-- Unread messages that name this person (flag 8192).
CREATE INDEX message_mention ON message(line, seq) WHERE flags & 8192;

-- Messages that this person alone has marked.
CREATE TABLE bookmark (
	room INTEGER NOT NULL REFERENCES room,
	target BLOB NOT NULL CHECK (length(target) = 16),
	at INTEGER NOT NULL,
	PRIMARY KEY (room, target)
) STRICT, WITHOUT ROWID;

-- What the message of an upload says besides the file: an encoded body, or empty.
ALTER TABLE transfer ADD COLUMN note BLOB NOT NULL DEFAULT x'';
