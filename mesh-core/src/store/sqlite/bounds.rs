//! What others can make a profile keep, and what goes when it is too much.

use rusqlite::{Connection, Row, params};

use super::db::{first, run};
use crate::store::{Bounds, MessageRef, MessageRow, deleted_key, history_bytes, remembered_until};
use crate::types::{ConversationId, Day, EnvelopeId, MessageId};

/// Counts a message of somebody else that was just inserted, and deletes the oldest
/// of its kind while there are too many.
pub(super) fn count_in(
    conn: &Connection,
    row: &MessageRow,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO history (conversation, messages, bytes) VALUES (?1, 1, ?2)
               ON CONFLICT (conversation) DO UPDATE
               SET messages = messages + 1, bytes = bytes + excluded.bytes";
    run(
        conn,
        sql,
        params![row.conversation, signed(history_bytes(row))],
    )?;
    delete_surplus(conn, row.conversation, bounds)
}

/// Changes the text of a message and what it counts; false if it is not there.
pub(super) fn set_text(
    conn: &Connection,
    of: &MessageRef,
    text: &str,
    bounds: &Bounds,
) -> rusqlite::Result<bool> {
    let find = "SELECT seq, own, length(CAST(text AS BLOB)) FROM message
                WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
    let values = params![of.conversation, of.author, of.message_id];
    let found = first(conn, find, values, |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, bool>(1)?,
            row.get::<_, i64>(2)?,
        ))
    })?;
    let Some((seq, is_own, before)) = found else {
        return Ok(false);
    };
    let sql = "UPDATE message SET text = ?2 WHERE seq = ?1";
    run(conn, sql, params![seq, text])?;
    if !is_own {
        let count = "UPDATE history SET bytes = bytes + ?2 WHERE conversation = ?1";
        let more = signed(text.len() as u64) - before;
        run(conn, count, params![of.conversation, more])?;
        delete_surplus(conn, of.conversation, bounds)?;
    }
    Ok(true)
}

/// Deletes the oldest messages of others while there are too many of them.
fn delete_surplus(
    conn: &Connection,
    conversation: ConversationId,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    while exceeds(conn, conversation, bounds)? {
        if !delete_oldest(conn, conversation, bounds)? {
            break;
        }
    }
    Ok(())
}

/// Keeps hashes of a conversation's messages, which are about to be deleted.
pub(super) fn remember_all(
    conn: &Connection,
    conversation: ConversationId,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    let mut messages = conn.prepare_cached(
        "SELECT author, message_id, received_at, expires_at
         FROM message WHERE conversation = ?1 ORDER BY seq",
    )?;
    let mut rows = messages.query([conversation])?;
    while let Some(row) = rows.next()? {
        let key = deleted_key(conversation, &row.get(0)?, row.get(1)?);
        let until = remembered_until(row.get(2)?, row.get(3)?);
        remember(conn, key, until, bounds)?;
    }
    Ok(())
}

/// Marks an envelope as opened until the later of the days it was marked with.
pub(super) fn mark_opened(
    conn: &Connection,
    id: EnvelopeId,
    until: Day,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    let again = "UPDATE opened SET until = max(until, ?2) WHERE id = ?1";
    if run(conn, again, params![id, until])? == 0 {
        let mark = "INSERT INTO opened (id, until) VALUES (?1, ?2)";
        run(conn, mark, params![id, until])?;
        let drop = "DELETE FROM opened WHERE seq <= last_insert_rowid() - ?1";
        run(conn, drop, [signed(bounds.opened_ids)])?;
    }
    Ok(())
}

/// Remembers a knock that is not known yet.
pub(super) fn mark_knock(
    conn: &Connection,
    hash: &[u8; 32],
    until: Day,
    bounds: &Bounds,
) -> rusqlite::Result<()> {
    let mark = "INSERT INTO knock (hash, until) VALUES (?1, ?2)";
    run(conn, mark, params![hash, until])?;
    let drop = "DELETE FROM knock WHERE seq <= last_insert_rowid() - ?1";
    run(conn, drop, [signed(bounds.knocks)]).map(|_| ())
}

fn remember(conn: &Connection, key: [u8; 16], until: Day, bounds: &Bounds) -> rusqlite::Result<()> {
    let again = "UPDATE deleted SET until = max(until, ?2) WHERE key = ?1";
    if run(conn, again, params![key, until])? == 0 {
        let mark = "INSERT INTO deleted (key, until) VALUES (?1, ?2)";
        run(conn, mark, params![key, until])?;
        let drop = "DELETE FROM deleted WHERE seq <= last_insert_rowid() - ?1";
        run(conn, drop, [signed(bounds.deleted_ids)])?;
    }
    Ok(())
}

fn exceeds(
    conn: &Connection,
    conversation: ConversationId,
    bounds: &Bounds,
) -> rusqlite::Result<bool> {
    let sql = "SELECT messages > ?2 OR bytes > ?3 FROM history WHERE conversation = ?1";
    let (messages, bytes) = (
        signed(bounds.history_messages),
        signed(bounds.history_bytes),
    );
    let found = first(conn, sql, params![conversation, messages, bytes], |row| {
        row.get(0)
    })?;
    Ok(found.unwrap_or(false))
}

/// False if there is none.
fn delete_oldest(
    conn: &Connection,
    conversation: ConversationId,
    bounds: &Bounds,
) -> rusqlite::Result<bool> {
    let sql = "SELECT seq, own, author, message_id, received_at, expires_at,
                      length(CAST(text AS BLOB)) + length(CAST(name AS BLOB))
               FROM message WHERE conversation = ?1 AND own = 0 ORDER BY seq LIMIT 1";
    let oldest = first(conn, sql, [conversation], doomed)?;
    delete_one(conn, conversation, oldest, bounds)
}

/// Deletes one message, and remembers it; false if it is not there.
pub(super) fn delete(
    conn: &Connection,
    conversation: ConversationId,
    author: &[u8; 32],
    message_id: MessageId,
    bounds: &Bounds,
) -> rusqlite::Result<bool> {
    let sql = "SELECT seq, own, author, message_id, received_at, expires_at,
                      length(CAST(text AS BLOB)) + length(CAST(name AS BLOB))
               FROM message WHERE conversation = ?1 AND author = ?2 AND message_id = ?3";
    let message = first(conn, sql, params![conversation, author, message_id], doomed)?;
    delete_one(conn, conversation, message, bounds)
}

/// A message about to be deleted.
struct Doomed {
    seq: i64,
    own: bool,
    author: [u8; 32],
    message_id: MessageId,
    remembered_until: Day,
    /// As counted in the history.
    bytes: i64,
}

fn doomed(row: &Row<'_>) -> rusqlite::Result<Doomed> {
    Ok(Doomed {
        seq: row.get(0)?,
        own: row.get(1)?,
        author: row.get(2)?,
        message_id: row.get(3)?,
        remembered_until: remembered_until(row.get(4)?, row.get(5)?),
        bytes: row.get(6)?,
    })
}

fn delete_one(
    conn: &Connection,
    conversation: ConversationId,
    message: Option<Doomed>,
    bounds: &Bounds,
) -> rusqlite::Result<bool> {
    let Some(message) = message else {
        return Ok(false);
    };
    let key = deleted_key(conversation, &message.author, message.message_id);
    remember(conn, key, message.remembered_until, bounds)?;
    let reactions = "DELETE FROM reaction WHERE message = ?1";
    run(conn, reactions, [message.seq])?;
    run(conn, "DELETE FROM message WHERE seq = ?1", [message.seq])?;
    if !message.own {
        let uncount = "UPDATE history SET messages = messages - 1, bytes = bytes - ?2
                       WHERE conversation = ?1";
        run(conn, uncount, params![conversation, message.bytes])?;
    }
    Ok(true)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
