"""CSV in: files of any length read, checked, staged and written in bulk. What a row means is each district's own.

read (reading) → cells by a column map (mapping, kinds) → a temporary table (staging) → the rows (merging), in
transactions of some thousand lines. Not a row is written before the whole file has been read and found right."""
