-- Sealed envelopes and the ids seen. No column says whose an envelope is.
-- Never edited once released: a change is a new file.

-- Bodies lie apart, so that the index is read at start without them.
CREATE TABLE envelope (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE,
    class       INTEGER NOT NULL,
    expiry      INTEGER NOT NULL, -- five-minute ticks since the epoch
    tag         BLOB    NOT NULL,
    bytes       INTEGER NOT NULL, -- 0: only the id is remembered
    received_at INTEGER NOT NULL  -- milliseconds since the epoch
) STRICT;

CREATE TABLE body (
    seq   INTEGER PRIMARY KEY, -- of the envelope
    bytes BLOB    NOT NULL
) STRICT;
