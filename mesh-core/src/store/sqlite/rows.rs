//! Rows as the statements of `profile.rs` give them.

use rusqlite::Row;
use rusqlite::types::FromSqlError;
use zeroize::Zeroizing;

use crate::store::{ConversationRow, IdentityRow, MessageRow, OutboxRow, PartRow};

/// A column of secret bytes, copied once, into memory that is wiped.
pub(super) fn secret_bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Zeroizing<Vec<u8>>> {
    let bytes = row.get_ref(column)?.as_blob()?;
    Ok(Zeroizing::new(bytes.to_vec()))
}

/// The same for a key.
fn secret_key(row: &Row<'_>, column: usize) -> rusqlite::Result<Zeroizing<[u8; 32]>> {
    let bytes = row.get_ref(column)?.as_blob()?;
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(FromSqlError::InvalidBlobSize {
            expected_size: key.len(),
            blob_size: bytes.len(),
        }
        .into());
    }
    key.copy_from_slice(bytes);
    Ok(key)
}

pub(super) fn identity_row(row: &Row<'_>) -> rusqlite::Result<IdentityRow> {
    Ok(IdentityRow {
        seed: secret_key(row, 0)?,
        card_secret: secret_key(row, 1)?,
        name: row.get(2)?,
    })
}

pub(super) fn conversation_row(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    Ok(ConversationRow {
        conversation: row.get(0)?,
        kind: row.get(1)?,
        root: row.get(2)?,
        words: row.get(3)?,
        pseudonym_seed: row.get(4)?,
        joined_at: row.get(5)?,
    })
}

pub(super) fn message_row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        conversation: row.get(0)?,
        message_id: row.get(1)?,
        author: row.get(2)?,
        name: row.get(3)?,
        own: row.get(4)?,
        text: row.get(5)?,
        written_at: row.get(6)?,
        received_at: row.get(7)?,
        expires_at: row.get(8)?,
        state: row.get(9)?,
        class: row.get(10)?,
    })
}

pub(super) fn part_row(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    Ok(PartRow {
        conversation: row.get(0)?,
        author: row.get(1)?,
        message_id: row.get(2)?,
        index: row.get(3)?,
        count: row.get(4)?,
        bytes: row.get(5)?,
    })
}

pub(super) fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.get(0)?,
        conversation: row.get(1)?,
        message_id: row.get(2)?,
        body: row.get(3)?,
    })
}
