-- People: contacts, sessions with them, prekeys, and what is under way.
-- Bytes that the engine encodes may be of any length, and empty.

CREATE TABLE contact (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the first putting
    contact       BLOB    NOT NULL UNIQUE,
    card          BLOB    NOT NULL,
    name          TEXT    NOT NULL, -- claimed by them
    petname       TEXT    NOT NULL, -- given by us; empty for none
    standing      INTEGER NOT NULL, -- 0 asking, 1 accepted, 2 blocked
    trust         INTEGER NOT NULL, -- 0 unverified, 1 introduced, 2 verified
    introduced_by BLOB,             -- a contact; NULL if nobody did
    conversation  BLOB    NOT NULL,
    added_at      INTEGER NOT NULL,
    progress      BLOB    NOT NULL
) STRICT;

CREATE TABLE session (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the first putting
    session BLOB    NOT NULL UNIQUE,
    contact BLOB    NOT NULL,
    state   BLOB    NOT NULL
) STRICT;
CREATE INDEX session_by_contact ON session (contact);

-- Secret halves of the keys published for a day.
CREATE TABLE prekey (
    day    INTEGER NOT NULL PRIMARY KEY,
    secret BLOB    NOT NULL
) STRICT;

-- Hashes of keys that somebody knocked with.
CREATE TABLE knock (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash  BLOB    NOT NULL UNIQUE,
    until INTEGER NOT NULL -- last day on which the knock is remembered
) STRICT;

-- Numbered things of a conversation that wait for something.
CREATE TABLE queued (
    conversation BLOB    NOT NULL,
    queue        INTEGER NOT NULL, -- 0 unacknowledged, 1 early
    number       INTEGER NOT NULL, -- 0 to 4,294,967,295
    bytes        BLOB    NOT NULL,
    PRIMARY KEY (conversation, queue, number)
) STRICT;

CREATE TABLE setting (
    setting INTEGER NOT NULL PRIMARY KEY, -- 0 reachable, 1 receipts
    value   BLOB    NOT NULL
) STRICT;
