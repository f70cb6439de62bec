-- 131072 is clientdb.Aside: rows that the host lost when it was restored from a
-- backup, and that were put out of its order until they come again.
CREATE INDEX message_aside ON message(room, id) WHERE flags & 131072;
