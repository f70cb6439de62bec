-- 1: rows of this device may be missing, after a repair or an unclean end: the counter of
-- this device in the room has to be taken from its rows once they came back.
ALTER TABLE room ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;

-- The last rows as they are on the host, kept by the client of the host's own
-- person, so that a host that lost them gets them back.
CREATE TABLE recent (
	seq INTEGER PRIMARY KEY,
	room BLOB NOT NULL CHECK (length(room) = 16),
	received INTEGER NOT NULL,
	envelope BLOB NOT NULL,  -- without the zeros at its end
	length INTEGER NOT NULL, -- with them
	signature BLOB NOT NULL
) STRICT;
