-- A device that came back by a recovery kit takes the place of another one, which
-- it revokes as soon as it can; 16 zeros: of none.
ALTER TABLE place ADD COLUMN replaces BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';

-- When a recovery kit was made here, when its person proved to have it, and when
-- they did not want to be asked again.
ALTER TABLE place ADD COLUMN kit_made   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE place ADD COLUMN kit_proved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE place ADD COLUMN kit_hidden INTEGER NOT NULL DEFAULT 0;
