-- How a room stands in the list of this person, and where they have what they sent.
-- storage/SCHEMA.md explains it.

ALTER TABLE room ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;    -- 1: new messages are not announced
ALTER TABLE room ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;   -- when it was put to the top, 0: it was not
ALTER TABLE room ADD COLUMN archived INTEGER NOT NULL DEFAULT 0; -- 1: out of the list until somebody writes

-- The picture from which the file that is sent was made: to be shown, never to be sent.
ALTER TABLE transfer ADD COLUMN shown TEXT NOT NULL DEFAULT '';
