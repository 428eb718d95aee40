-- Groups, and invitations that were answered.
-- Queues have two numbers more: 2 unsealed, 3 operations.

CREATE TABLE membership (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the first putting
    conversation BLOB    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    joined_at    INTEGER NOT NULL,
    progress     BLOB    NOT NULL,
    state        BLOB    NOT NULL -- empty for an invitation
) STRICT;
