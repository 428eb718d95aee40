//! One person's own things in a file.

use std::path::Path;

use rusqlite::{Connection, params};

use super::bounds;
use super::db::{Db, all, first, run};
use super::open::{open_file, open_in_memory};
use super::rows::{conversation_row, identity_row, message_row, outbox_row, part_row};
use crate::limits::PARTIAL_MESSAGES_MAX;
use crate::store::{
    Bounds, ConversationRow, IdentityRow, MessageRow, OutboxRow, PartRow, ProfileStore, StoreError,
    Taken, TimelinePage, Transact, deleted_key,
};
use crate::types::{ConversationId, Day, Delivery, EnvelopeId, MessageId};

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/profile/0001_init.sql"),
    include_str!("migrations/profile/0002_class_and_bounds.sql"),
    include_str!("migrations/profile/0003_people.sql"),
    include_str!("migrations/profile/0004_marks.sql"),
    include_str!("migrations/profile/0005_groups.sql"),
];

/// A profile store in an encrypted file.
pub struct SqliteProfile {
    pub(super) db: Db,
    pub(super) bounds: Bounds,
}

impl SqliteProfile {
    /// Opens or creates the file, mode 0600.
    ///
    /// Fails with [`StoreError::Damaged`] if the key is another one or the file is
    /// no database, and with [`StoreError::TooNew`] if a later program wrote it.
    pub fn open(path: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        Self::open_bounded(path, key, Bounds::default())
    }

    /// The same, keeping less or more.
    pub fn open_bounded(path: &Path, key: &[u8; 32], bounds: Bounds) -> Result<Self, StoreError> {
        let db = Db::new(open_file(path, key, MIGRATIONS)?);
        Ok(Self { db, bounds })
    }

    /// A store that leaves no file and is gone when dropped.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let db = Db::new(open_in_memory(MIGRATIONS)?);
        let bounds = Bounds::default();
        Ok(Self { db, bounds })
    }

    /// Reads the whole file; [`StoreError::Damaged`] if a page is not what was written.
    pub fn check(&self) -> Result<(), StoreError> {
        self.db.check()
    }

    /// Reads the whole file, but compares no index with its table; the same error.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        self.db.quick_check()
    }
}

impl Transact for SqliteProfile {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.db.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.db.commit()
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.db.rollback()
    }
}

impl ProfileStore for SqliteProfile {
    fn identity(&self) -> Result<Option<IdentityRow>, StoreError> {
        let sql = "SELECT seed, card_secret, name FROM identity";
        self.db.read(|conn| first(conn, sql, [], identity_row))
    }

    fn set_identity(&mut self, identity: &IdentityRow) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO identity (one, seed, card_secret, name)
                   VALUES (1, ?1, ?2, ?3)";
        let values = params![
            identity.seed.as_slice(),
            identity.card_secret.as_slice(),
            identity.name
        ];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn conversations(&self) -> Result<Vec<ConversationRow>, StoreError> {
        let sql = "SELECT conversation, kind, root, words, pseudonym_seed, joined_at
                   FROM conversation ORDER BY seq";
        self.db.read(|conn| all(conn, sql, [], conversation_row))
    }

    fn add_conversation(&mut self, row: &ConversationRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO conversation
                       (conversation, kind, root, words, pseudonym_seed, joined_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (conversation) DO NOTHING";
        let values = params![
            row.conversation,
            row.kind,
            row.root,
            row.words,
            row.pseudonym_seed,
            row.joined_at
        ];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn remove_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        let kept = self.bounds;
        self.db
            .write(|conn| bounds::remember_all(conn, conversation, &kept))?;
        self.forget_conversation(conversation)
    }

    fn forget_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.db.write(|conn| {
            for sql in [
                "DELETE FROM reaction
                 WHERE message IN (SELECT seq FROM message WHERE conversation = ?1)",
                "DELETE FROM timer WHERE conversation = ?1",
                "DELETE FROM message WHERE conversation = ?1",
                "DELETE FROM part WHERE conversation = ?1",
                "DELETE FROM outbox WHERE conversation = ?1",
                "DELETE FROM queued WHERE conversation = ?1",
                "DELETE FROM history WHERE conversation = ?1",
                "DELETE FROM seen WHERE conversation = ?1",
                "DELETE FROM membership WHERE conversation = ?1",
                "DELETE FROM conversation WHERE conversation = ?1",
            ] {
                run(conn, sql, [conversation])?;
            }
            Ok(())
        })
    }

    fn insert_message(&mut self, row: &MessageRow) -> Result<bool, StoreError> {
        let key = deleted_key(row.conversation, &row.author, row.message_id);
        let was_deleted = "SELECT 1 FROM deleted WHERE key = ?1";
        // Not one statement with the above: SQLite keeps a copy of every page that an
        // INSERT from a SELECT touches, in memory that is locked and wiped again.
        let sql = "INSERT INTO message
                       (conversation, message_id, author, name, own, text,
                        written_at, received_at, expires_at, state, class)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                   ON CONFLICT (conversation, author, message_id) DO NOTHING";
        let values = params![
            row.conversation,
            row.message_id,
            row.author,
            row.name,
            row.own,
            row.text,
            row.written_at,
            row.received_at,
            row.expires_at,
            row.state,
            row.class
        ];
        let kept = self.bounds;
        self.db.write(|conn| {
            if first(conn, was_deleted, [key], |_| Ok(()))?.is_some() {
                return Ok(false);
            }
            let is_new = run(conn, sql, values)? > 0;
            if is_new && !row.own {
                bounds::count_in(conn, row, &kept)?;
            }
            Ok(is_new)
        })
    }

    fn message(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError> {
        let sql = "SELECT conversation, message_id, author, name, own, text,
                          written_at, received_at, expires_at, state, class
                   FROM message WHERE conversation = ?1 AND message_id = ?2
                   ORDER BY seq LIMIT 1";
        let values = params![conversation, message_id];
        self.db.read(|conn| first(conn, sql, values, message_row))
    }

    fn remove_message(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<bool, StoreError> {
        let kept = self.bounds;
        self.db
            .write(|conn| bounds::delete(conn, conversation, author, message_id, &kept))
    }

    fn set_state(
        &mut self,
        conversation: ConversationId,
        message_id: MessageId,
        state: Delivery,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE message SET state = ?3
                   WHERE conversation = ?1 AND message_id = ?2 AND own = 1";
        let values = params![conversation, message_id, state];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn timeline(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<TimelinePage>, StoreError> {
        self.db.read(|conn| {
            let end = match before {
                None => Some(i64::MAX),
                Some(message_id) => place_of(conn, conversation, message_id)?,
            };
            end.map(|end| page(conn, conversation, end, limit))
                .transpose()
        })
    }

    fn unread(&self, conversation: ConversationId) -> Result<u32, StoreError> {
        let sql = "SELECT count(*) FROM message
                   WHERE conversation = ?1 AND own = 0 AND seq >
                       coalesce((SELECT seq FROM seen WHERE conversation = ?1), 0)";
        let count = self
            .db
            .read(|conn| first(conn, sql, [conversation], |row| row.get(0)))?;
        Ok(count.unwrap_or_default())
    }

    fn mark_seen(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO seen (conversation, seq)
                   SELECT conversation, seq FROM message
                   WHERE conversation = ?1 ORDER BY seq DESC LIMIT 1";
        self.db
            .write(|conn| run(conn, sql, [conversation]))
            .map(drop)
    }

    fn put_part(&mut self, row: &PartRow) -> Result<Vec<PartRow>, StoreError> {
        self.db.write(|conn| {
            let sql = "INSERT INTO part
                           (conversation, author, message_id, piece, pieces, bytes)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                       ON CONFLICT (conversation, author, message_id, piece) DO NOTHING";
            let values = params![
                row.conversation,
                row.author,
                row.message_id,
                row.index,
                row.count,
                row.bytes
            ];
            run(conn, sql, values)?;
            let pieces = pieces_of(conn, row)?;
            if pieces.len() == 1 {
                drop_oldest_parts(conn, row.conversation)?;
            }
            Ok(pieces)
        })
    }

    fn part_bytes(&self, conversation: ConversationId) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(length(bytes)), 0) FROM part WHERE conversation = ?1";
        let bytes: Option<i64> = self
            .db
            .read(|conn| first(conn, sql, [conversation], |row| row.get(0)))?;
        Ok(bytes.map_or(0, i64::cast_unsigned))
    }

    fn remove_parts(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM part
                   WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
        let values = params![conversation, author, message_id];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = "SELECT id, conversation, message_id, body FROM outbox ORDER BY seq";
        self.db.read(|conn| all(conn, sql, [], outbox_row))
    }

    fn put_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO outbox (id, conversation, message_id, body)
                   VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (id) DO NOTHING";
        let values = params![row.id, row.conversation, row.message_id, row.body];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn take_outbox(&mut self, id: EnvelopeId) -> Result<Option<Taken>, StoreError> {
        self.db.write(|conn| {
            let find = "SELECT conversation, message_id FROM outbox WHERE id = ?1";
            let found = first(conn, find, [id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((conversation, message_id)) = found else {
                return Ok(None);
            };
            run(conn, "DELETE FROM outbox WHERE id = ?1", [id])?;
            let left = "SELECT 1 FROM outbox WHERE conversation = ?1 AND message_id = ?2 LIMIT 1";
            let left = first(conn, left, params![conversation, message_id], |_| Ok(()))?;
            Ok(Some(Taken {
                conversation,
                message_id,
                is_last: left.is_none(),
            }))
        })
    }

    fn mark_opened(&mut self, id: EnvelopeId, until: Day) -> Result<(), StoreError> {
        let kept = self.bounds;
        self.db
            .write(|conn| bounds::mark_opened(conn, id, until, &kept))
    }

    fn opened(&self) -> Result<Vec<EnvelopeId>, StoreError> {
        let sql = "SELECT id FROM opened ORDER BY id";
        self.db.read(|conn| all(conn, sql, [], |row| row.get(0)))
    }

    fn prune(&mut self, day: Day) -> Result<(), StoreError> {
        self.db.write(|conn| {
            run(conn, "DELETE FROM opened WHERE until < ?1", [day])?;
            run(conn, "DELETE FROM deleted WHERE until < ?1", [day])?;
            run(conn, "DELETE FROM knock WHERE until < ?1", [day]).map(drop)
        })
    }
}

/// Where a message stands; the first of them if authors drew the same number.
fn place_of(
    conn: &Connection,
    conversation: ConversationId,
    message_id: MessageId,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT min(seq) FROM message WHERE conversation = ?1 AND message_id = ?2";
    let place = first(conn, sql, params![conversation, message_id], |row| {
        row.get(0)
    })?;
    Ok(place.flatten())
}

/// The newest `limit` messages before `end`, oldest first, and whether older ones exist.
fn page(
    conn: &Connection,
    conversation: ConversationId,
    end: i64,
    limit: u16,
) -> rusqlite::Result<TimelinePage> {
    let sql = "SELECT conversation, message_id, author, name, own, text,
                      written_at, received_at, expires_at, state, class
               FROM message WHERE conversation = ?1 AND seq < ?2
               ORDER BY seq DESC LIMIT ?3";
    let one_more = u32::from(limit) + 1;
    let mut rows = all(conn, sql, params![conversation, end, one_more], message_row)?;
    let older = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    rows.reverse();
    Ok((rows, older))
}

fn pieces_of(conn: &Connection, row: &PartRow) -> rusqlite::Result<Vec<PartRow>> {
    let sql = "SELECT conversation, author, message_id, piece, pieces, bytes FROM part
               WHERE conversation = ?1 AND author = ?2 AND message_id = ?3
               ORDER BY piece";
    let values = params![row.conversation, row.author, row.message_id];
    all(conn, sql, values, part_row)
}

/// Drops the incomplete messages whose first pieces are the oldest.
fn drop_oldest_parts(conn: &Connection, conversation: ConversationId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM part
               WHERE conversation = ?1 AND (author, message_id) IN (
                   SELECT author, message_id FROM part WHERE conversation = ?1
                   GROUP BY author, message_id
                   ORDER BY min(seq) DESC LIMIT -1 OFFSET ?2)";
    let kept = i64::try_from(PARTIAL_MESSAGES_MAX).unwrap_or(i64::MAX);
    run(conn, sql, params![conversation, kept]).map(drop)
}
