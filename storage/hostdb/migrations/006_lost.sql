-- Which rows were lost when the store was opened from a backup: those after
-- lost_after, up to lost_until, from which on the new lineage counts. Members give
-- them back at their places. 0: none were.
ALTER TABLE place ADD COLUMN lost_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE place ADD COLUMN lost_until INTEGER NOT NULL DEFAULT 0;
