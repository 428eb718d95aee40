//! What others can make a profile keep, and what goes when it is too much.

use rusqlite::{Connection, params};

use super::db::{first, run};
use crate::store::{Bounds, MessageRow, deleted_key, history_bytes, remembered_until};
use crate::types::{ConversationId, Day, EnvelopeId};

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
    while exceeds(conn, row.conversation, bounds)? {
        if !delete_oldest(conn, row.conversation, bounds)? {
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
    let sql = "SELECT seq, author, message_id, received_at, expires_at,
                      length(CAST(text AS BLOB)) + length(CAST(name AS BLOB))
               FROM message WHERE conversation = ?1 AND own = 0 ORDER BY seq LIMIT 1";
    let oldest = first(conn, sql, [conversation], |row| {
        let key = deleted_key(conversation, &row.get(1)?, row.get(2)?);
        let until = remembered_until(row.get(3)?, row.get(4)?);
        Ok((row.get::<_, i64>(0)?, key, until, row.get::<_, i64>(5)?))
    })?;
    let Some((seq, key, until, bytes)) = oldest else {
        return Ok(false);
    };
    remember(conn, key, until, bounds)?;
    run(conn, "DELETE FROM message WHERE seq = ?1", [seq])?;
    let uncount = "UPDATE history SET messages = messages - 1, bytes = bytes - ?2
                   WHERE conversation = ?1";
    run(conn, uncount, params![conversation, bytes])?;
    Ok(true)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
