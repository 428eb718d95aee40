-- Messages have a class, and what others can make a profile keep is bounded.

ALTER TABLE message ADD COLUMN class INTEGER NOT NULL DEFAULT 0; -- 0 text, 1 SOS

-- Finds the oldest message of others, however many own ones there are.
CREATE INDEX message_of_others ON message (conversation) WHERE own = 0;

-- What is kept of others in one conversation: counted, so that no insert counts it.
CREATE TABLE history (
    conversation BLOB    NOT NULL PRIMARY KEY,
    messages     INTEGER NOT NULL,
    bytes        INTEGER NOT NULL -- of texts and names
) STRICT, WITHOUT ROWID;
INSERT INTO history (conversation, messages, bytes)
    SELECT conversation, count(*), sum(length(CAST(text AS BLOB)) + length(CAST(name AS BLOB)))
    FROM message WHERE own = 0 GROUP BY conversation;

-- Own envelopes stay in the outbox until a neighbour has them.
DROP TABLE untaken;

-- Marks get an order, so that the first can go when there are too many.
CREATE TABLE opened_in_order (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    id    BLOB    NOT NULL UNIQUE,
    until INTEGER NOT NULL -- last day on which the mark is needed
) STRICT;
INSERT INTO opened_in_order (id, until) SELECT id, until FROM opened ORDER BY until;
DROP TABLE opened;
ALTER TABLE opened_in_order RENAME TO opened;

CREATE TABLE deleted_in_order (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    key   BLOB    NOT NULL UNIQUE,
    until INTEGER NOT NULL -- last day on which it could come back
) STRICT;
INSERT INTO deleted_in_order (key, until) SELECT key, until FROM deleted ORDER BY until;
DROP TABLE deleted;
ALTER TABLE deleted_in_order RENAME TO deleted;
