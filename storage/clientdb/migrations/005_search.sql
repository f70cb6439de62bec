-- Full-text search, storage/SCHEMA.md has what stands in it. A row has the number
-- of its message. text and name are folded words; tags are r<room>, a<account>
-- and f for files, so that those are looked for in the index too.
CREATE VIRTUAL TABLE words USING fts5(text, name, tags, columnsize=0, prefix='1 2 3',
	tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- What was there before the index: messages from next up to until are not in it yet.
CREATE TABLE search (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	version INTEGER NOT NULL, -- of how words are folded
	next INTEGER NOT NULL,
	until INTEGER NOT NULL
) STRICT;

-- 1024 is clientdb.Deleted: what was deleted leaves the index with its content.
CREATE TRIGGER message_unlisted AFTER UPDATE OF flags ON message
WHEN new.flags & 1024 AND NOT old.flags & 1024 BEGIN
	DELETE FROM words WHERE rowid = old.seq;
END;
