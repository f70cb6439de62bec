-- How people were verified, what made that doubtful, and the personal invite by
-- which this person came. storage/SCHEMA.md explains it.

ALTER TABLE account ADD COLUMN proof INTEGER NOT NULL DEFAULT 0; -- how it was verified: 1 pictures, 2 number, 3 invite
ALTER TABLE account ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0; -- 1 a verified identity became another one, 2 pictures differed

-- The identity of who came by a personal link and proved to have it; NULL: nobody yet.
ALTER TABLE invite ADD COLUMN proved BLOB CHECK (length(proved) = 32);

-- The personal link by which this person came, until its maker has answered.
CREATE TABLE introduction (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	secret BLOB NOT NULL CHECK (length(secret) = 16),
	inviter BLOB NOT NULL CHECK (length(inviter) = 16), -- begin of SHA-256 of the maker's identity
	asked INTEGER NOT NULL                              -- last time the maker was told, 0: not yet
) STRICT;
