-- Which events of each full stretch have which texts, types and ids
-- (index_codec.go): part k of stretch n has the number n * 3 + k. It can be made
-- again from the events.
CREATE TABLE indexes (
    n       INTEGER PRIMARY KEY,
    content BLOB    NOT NULL
) STRICT;

-- words says which runs of three and of five bytes occur (words.go). What it
-- said before is made again.
UPDATE stretches SET words = x'';
