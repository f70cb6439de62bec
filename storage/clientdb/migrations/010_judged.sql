-- When this person last said something of the identity that an account has now: so
-- their devices agree whose word is the last one. storage/SCHEMA.md explains it.
ALTER TABLE account ADD COLUMN judged INTEGER NOT NULL DEFAULT 0; -- 0: never, or of an identity before
UPDATE account SET judged = verified WHERE proof IN (1, 2);
UPDATE account SET judged = 1 WHERE doubt = 2;

-- When the person marked a message or took the mark away: the rows of those that are
-- not marked any more stay, with at 0, so that their other devices hear of it.
ALTER TABLE bookmark ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
UPDATE bookmark SET changed = at;
