-- One person's own things. Never edited once released: a change is a new file.
-- Times are milliseconds since the epoch, days are days since the epoch (UTC).
-- 64-bit times use the whole range of the column: the upper half shows as negative.

CREATE TABLE identity (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    seed        BLOB NOT NULL,
    card_secret BLOB NOT NULL,
    name        TEXT NOT NULL
) STRICT;

CREATE TABLE conversation (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT, -- order of joining
    conversation   BLOB    NOT NULL UNIQUE,
    kind           INTEGER NOT NULL, -- 0 public, 1 keyed
    root           BLOB    NOT NULL,
    words          TEXT    NOT NULL,
    pseudonym_seed BLOB    NOT NULL,
    joined_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the timeline
    conversation BLOB    NOT NULL,
    message_id   BLOB    NOT NULL,
    author       BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    own          INTEGER NOT NULL,
    text         TEXT    NOT NULL,
    written_at   INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    state        INTEGER NOT NULL, -- 0 waiting, 1 with mesh, 2 delivered, 3 read, 4 received
    UNIQUE (conversation, author, message_id)
) STRICT;
CREATE INDEX message_by_conversation ON message (conversation);
CREATE INDEX message_by_id ON message (conversation, message_id);

-- The newest message that was on the screen.
CREATE TABLE seen (
    conversation BLOB    NOT NULL PRIMARY KEY,
    seq          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Hashes of what was deleted: they outlive the conversation, its name does not.
CREATE TABLE deleted (
    key   BLOB    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL -- last day on which it could come back
) STRICT, WITHOUT ROWID;

-- Pieces of texts that are not whole yet.
CREATE TABLE part (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation BLOB    NOT NULL,
    author       BLOB    NOT NULL,
    message_id   BLOB    NOT NULL,
    piece        INTEGER NOT NULL, -- from 0
    pieces       INTEGER NOT NULL,
    bytes        BLOB    NOT NULL,
    UNIQUE (conversation, author, message_id, piece)
) STRICT;

-- Own sealed envelopes on their way to the relay store.
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    conversation BLOB    NOT NULL,
    message_id   BLOB    NOT NULL,
    body         BLOB    NOT NULL
) STRICT;
CREATE INDEX outbox_by_message ON outbox (conversation, message_id);

-- Own envelopes in the relay store that no neighbour took.
CREATE TABLE untaken (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB    NOT NULL UNIQUE,
    conversation BLOB    NOT NULL,
    message_id   BLOB    NOT NULL
) STRICT;
CREATE INDEX untaken_by_message ON untaken (conversation, message_id);

-- Envelopes that were opened, or can never be.
CREATE TABLE opened (
    id    BLOB    NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL -- last day on which the mark is needed
) STRICT, WITHOUT ROWID;
