-- What stands beside the text of messages, and when they disappear.
-- Queues have number 4: what was said of messages that are not here.

ALTER TABLE message ADD COLUMN reply_to BLOB;
ALTER TABLE message ADD COLUMN mentions_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN edited_at INTEGER; -- by the author's clock
ALTER TABLE message ADD COLUMN is_withdrawn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN expire_s INTEGER NOT NULL DEFAULT 0; -- 0 for never
ALTER TABLE message ADD COLUMN disappears_at INTEGER; -- NULL before its time runs

CREATE INDEX message_leaving ON message (disappears_at) WHERE disappears_at IS NOT NULL;
CREATE INDEX message_to_read ON message (conversation)
    WHERE expire_s > 0 AND disappears_at IS NULL;

-- One of each person to a message; goes with it.
CREATE TABLE reaction (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT, -- order of putting
    message INTEGER NOT NULL, -- its seq
    author  BLOB    NOT NULL,
    own     INTEGER NOT NULL,
    emoji   TEXT    NOT NULL, -- empty if it was taken back
    at      INTEGER NOT NULL, -- by the clock of whoever reacts
    UNIQUE (message, author)
) STRICT;

CREATE TABLE timer (
    conversation BLOB    NOT NULL PRIMARY KEY,
    seconds      INTEGER NOT NULL, -- 0 for never
    set_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
