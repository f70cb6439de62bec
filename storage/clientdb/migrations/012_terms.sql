-- The words that the search index has, for whoever mistyped one. It is a view of
-- the index and keeps nothing.
CREATE VIRTUAL TABLE words_terms USING fts5vocab(words, row);
