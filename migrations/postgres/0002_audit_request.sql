-- The id under which the log knows the request that made an entry, so that a person with an error
-- page and an operator with a log find the entry. NULL: it came by no request, or is older.
ALTER TABLE audit ADD COLUMN request_id TEXT;
