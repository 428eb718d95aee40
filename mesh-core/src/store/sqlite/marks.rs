//! Marks of messages in a file.

use rusqlite::{Connection, Row, params};

use super::bounds;
use super::db::{all, first, run};
use super::profile::SqliteProfile;
use crate::limits::REACTIONS_MAX;
use crate::store::marks::{bounded, deadline};
use crate::store::{MarksRow, MarksStore, MessageRef, ReactionRow, StoreError};
use crate::types::{ConversationId, Wall};
use crate::wire::items::Timer;

impl MarksStore for SqliteProfile {
    fn marks(&self, of: &MessageRef) -> Result<Option<MarksRow>, StoreError> {
        let sql = "SELECT reply_to, mentions_us, edited_at, is_withdrawn, expire_s, disappears_at
                   FROM message WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
        let values = params![of.conversation, of.author, of.message_id];
        self.db.read(|conn| first(conn, sql, values, marks_row))
    }

    fn set_marks(&mut self, of: &MessageRef, row: &MarksRow) -> Result<bool, StoreError> {
        let sql = "UPDATE message
                   SET reply_to = ?4, mentions_us = ?5, edited_at = ?6, is_withdrawn = ?7,
                       expire_s = ?8, disappears_at = ?9
                   WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
        let values = params![
            of.conversation,
            of.author,
            of.message_id,
            row.reply_to,
            row.mentions_us,
            row.edited_at,
            row.is_withdrawn,
            row.expire_s,
            row.disappears_at.map(bounded)
        ];
        let changed = self.db.write(|conn| run(conn, sql, values))?;
        Ok(changed > 0)
    }

    fn set_text(&mut self, of: &MessageRef, text: &str) -> Result<bool, StoreError> {
        let kept = self.bounds;
        self.db
            .write(|conn| bounds::set_text(conn, of, text, &kept))
    }

    fn reactions(&self, of: &MessageRef) -> Result<Vec<ReactionRow>, StoreError> {
        self.db.read(|conn| {
            let Some(place) = place_of(conn, of)? else {
                return Ok(Vec::new());
            };
            let sql = "SELECT author, own, emoji, at FROM reaction
                       WHERE message = ?1 ORDER BY seq";
            all(conn, sql, [place], reaction_row)
        })
    }

    fn put_reaction(&mut self, of: &MessageRef, row: &ReactionRow) -> Result<bool, StoreError> {
        self.db.write(|conn| {
            let Some(place) = place_of(conn, of)? else {
                return Ok(false);
            };
            let held = "SELECT author, own, emoji, at FROM reaction
                        WHERE message = ?1 AND author = ?2";
            let values = params![place, row.author];
            let is_welcome = match first(conn, held, values, reaction_row)? {
                Some(held) => row.replaces(&held),
                None => count(conn, place)? < REACTIONS_MAX,
            };
            if is_welcome {
                // Its place in the order is that of what it says now.
                let sql = "INSERT OR REPLACE INTO reaction (message, author, own, emoji, at)
                           VALUES (?1, ?2, ?3, ?4, ?5)";
                let values = params![place, row.author, row.own, row.emoji, row.at];
                run(conn, sql, values)?;
            }
            Ok(is_welcome)
        })
    }

    fn remove_reactions(&mut self, of: &MessageRef) -> Result<(), StoreError> {
        self.db.write(|conn| match place_of(conn, of)? {
            Some(place) => run(conn, "DELETE FROM reaction WHERE message = ?1", [place]).map(drop),
            None => Ok(()),
        })
    }

    fn start_timers(
        &mut self,
        conversation: ConversationId,
        now: Wall,
    ) -> Result<Vec<MessageRef>, StoreError> {
        self.db.write(|conn| {
            let find = "SELECT conversation, author, message_id, seq, expire_s FROM message
                        WHERE conversation = ?1 AND expire_s > 0 AND disappears_at IS NULL
                              AND own = 0
                        ORDER BY seq";
            let waiting = all(conn, find, [conversation], |row| {
                Ok((named(row)?, row.get::<_, i64>(3)?, row.get(4)?))
            })?;
            let sql = "UPDATE message SET disappears_at = ?2 WHERE seq = ?1";
            let mut started = Vec::new();
            for (message, seq, expire_s) in waiting {
                run(conn, sql, params![seq, deadline(now, expire_s)])?;
                started.push(message);
            }
            Ok(started)
        })
    }

    fn disappearing(&self, now: Wall, limit: u16) -> Result<Vec<MessageRef>, StoreError> {
        let sql = "SELECT conversation, author, message_id FROM message
                   WHERE disappears_at IS NOT NULL AND disappears_at <= ?1
                   ORDER BY disappears_at, seq LIMIT ?2";
        let values = params![bounded(now), limit];
        self.db.read(|conn| all(conn, sql, values, named))
    }

    fn next_to_disappear(&self) -> Result<Option<Wall>, StoreError> {
        let sql = "SELECT disappears_at FROM message
                   WHERE disappears_at IS NOT NULL ORDER BY disappears_at LIMIT 1";
        self.db.read(|conn| first(conn, sql, [], |row| row.get(0)))
    }

    fn limit_deadlines(&mut self, now: Wall) -> Result<(), StoreError> {
        let sql = "UPDATE message SET disappears_at = ?1 + 1000 * expire_s
                   WHERE disappears_at IS NOT NULL AND disappears_at > ?1 + 1000 * expire_s";
        self.db
            .write(|conn| run(conn, sql, [bounded(now)]))
            .map(drop)
    }

    fn timer(&self, conversation: ConversationId) -> Result<Option<Timer>, StoreError> {
        let sql = "SELECT seconds, set_at FROM timer WHERE conversation = ?1";
        self.db
            .read(|conn| first(conn, sql, [conversation], timer_row))
    }

    fn set_timer(&mut self, conversation: ConversationId, timer: Timer) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO timer (conversation, seconds, set_at)
                   VALUES (?1, ?2, ?3)";
        let values = params![conversation, timer.seconds, timer.set_at];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }
}

fn place_of(conn: &Connection, of: &MessageRef) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT seq FROM message
               WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
    let values = params![of.conversation, of.author, of.message_id];
    first(conn, sql, values, |row| row.get(0))
}

fn count(conn: &Connection, place: i64) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM reaction WHERE message = ?1";
    let count: Option<u32> = first(conn, sql, [place], |row| row.get(0))?;
    Ok(count.map_or(0, |count| count as usize))
}

fn marks_row(row: &Row<'_>) -> rusqlite::Result<MarksRow> {
    Ok(MarksRow {
        reply_to: row.get(0)?,
        mentions_us: row.get(1)?,
        edited_at: row.get(2)?,
        is_withdrawn: row.get(3)?,
        expire_s: row.get(4)?,
        disappears_at: row.get(5)?,
    })
}

fn reaction_row(row: &Row<'_>) -> rusqlite::Result<ReactionRow> {
    Ok(ReactionRow {
        author: row.get(0)?,
        own: row.get(1)?,
        emoji: row.get(2)?,
        at: row.get(3)?,
    })
}

fn named(row: &Row<'_>) -> rusqlite::Result<MessageRef> {
    Ok(MessageRef {
        conversation: row.get(0)?,
        author: row.get(1)?,
        message_id: row.get(2)?,
    })
}

fn timer_row(row: &Row<'_>) -> rusqlite::Result<Timer> {
    Ok(Timer {
        seconds: row.get(0)?,
        set_at: row.get(1)?,
    })
}
