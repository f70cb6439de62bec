-- Sealed rooms whose history from before this device came another device of the
-- account may have: rows before "before" are still to come, and none from "until" on.
CREATE TABLE past (
	room INTEGER PRIMARY KEY REFERENCES room,
	before INTEGER NOT NULL, -- 0: all that there is has come
	until INTEGER NOT NULL
) STRICT;
