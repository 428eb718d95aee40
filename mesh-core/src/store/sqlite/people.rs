//! People in a file.

use rusqlite::{Connection, Row, params};

use super::bounds;
use super::db::{all, first, run};
use super::profile::SqliteProfile;
use super::rows::secret_bytes;
use crate::store::{ContactRow, PeopleStore, PrekeyRow, Queue, SessionRow, Setting, StoreError};
use crate::types::{ContactId, ConversationId, Day};

impl PeopleStore for SqliteProfile {
    fn contacts(&self) -> Result<Vec<ContactRow>, StoreError> {
        let sql = "SELECT contact, card, name, petname, standing, trust, introduced_by,
                          conversation, added_at, progress
                   FROM contact ORDER BY seq";
        self.db.read(|conn| all(conn, sql, [], contact_row))
    }

    fn put_contact(&mut self, row: &ContactRow) -> Result<(), StoreError> {
        self.db.write(|conn| {
            let change = "UPDATE contact
                          SET card = ?2, name = ?3, petname = ?4, standing = ?5, trust = ?6,
                              introduced_by = ?7, conversation = ?8, added_at = ?9,
                              progress = ?10
                          WHERE contact = ?1";
            let add = "INSERT INTO contact
                           (contact, card, name, petname, standing, trust, introduced_by,
                            conversation, added_at, progress)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            if write_contact(conn, change, row)? == 0 {
                write_contact(conn, add, row)?;
            }
            Ok(())
        })
    }

    fn remove_contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        self.db.write(|conn| {
            run(conn, "DELETE FROM session WHERE contact = ?1", [contact])?;
            run(conn, "DELETE FROM contact WHERE contact = ?1", [contact]).map(drop)
        })
    }

    fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        let sql = "SELECT session, contact, state FROM session ORDER BY seq";
        self.db.read(|conn| all(conn, sql, [], session_row))
    }

    fn put_session(&mut self, row: &SessionRow) -> Result<(), StoreError> {
        self.db.write(|conn| {
            let change = "UPDATE session SET state = ?2 WHERE session = ?1";
            let add = "INSERT INTO session (session, contact, state) VALUES (?1, ?2, ?3)";
            if run(conn, change, params![row.session, row.state.as_slice()])? == 0 {
                run(
                    conn,
                    add,
                    params![row.session, row.contact, row.state.as_slice()],
                )?;
            }
            Ok(())
        })
    }

    fn remove_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError> {
        let sql = "DELETE FROM session WHERE session = ?1";
        self.db.write(|conn| run(conn, sql, [session])).map(drop)
    }

    fn prekeys(&self) -> Result<Vec<PrekeyRow>, StoreError> {
        let sql = "SELECT day, secret FROM prekey ORDER BY day";
        self.db.read(|conn| all(conn, sql, [], prekey_row))
    }

    fn put_prekey(&mut self, row: &PrekeyRow) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO prekey (day, secret) VALUES (?1, ?2)";
        let values = params![row.day, row.secret.as_slice()];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn erase_prekeys(&mut self, day: Day) -> Result<(), StoreError> {
        let sql = "DELETE FROM prekey WHERE day < ?1";
        self.db.write(|conn| run(conn, sql, [day])).map(drop)
    }

    fn mark_knock(&mut self, hash: &[u8; 32], until: Day) -> Result<(), StoreError> {
        let kept = self.bounds;
        self.db.write(|conn| {
            if is_known(conn, hash)? {
                return Ok(());
            }
            bounds::mark_knock(conn, hash, until, &kept)
        })
    }

    fn knows_knock(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.db.read(|conn| is_known(conn, hash))
    }

    fn queued(
        &self,
        queue: Queue,
        conversation: ConversationId,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let sql = "SELECT number, bytes FROM queued
                   WHERE conversation = ?1 AND queue = ?2 ORDER BY number";
        self.db.read(|conn| {
            all(conn, sql, params![conversation, queue], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
    }

    fn put_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO queued (conversation, queue, number, bytes)
                   VALUES (?1, ?2, ?3, ?4)";
        let values = params![conversation, queue, number, bytes];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn remove_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM queued WHERE conversation = ?1 AND queue = ?2 AND number = ?3";
        let values = params![conversation, queue, number];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }

    fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT value FROM setting WHERE setting = ?1";
        self.db
            .read(|conn| first(conn, sql, [setting], |row| row.get(0)))
    }

    fn set_setting(&mut self, setting: Setting, value: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO setting (setting, value) VALUES (?1, ?2)";
        let values = params![setting, value];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }
}

/// Runs a statement that takes every column of a contact, and says how many rows it
/// changed.
fn write_contact(
    conn: &Connection,
    sql: &'static str,
    row: &ContactRow,
) -> rusqlite::Result<usize> {
    let values = params![
        row.contact,
        row.card,
        row.name,
        row.petname,
        row.standing,
        row.trust,
        row.introduced_by,
        row.conversation,
        row.added_at,
        row.progress
    ];
    run(conn, sql, values)
}

fn is_known(conn: &Connection, hash: &[u8; 32]) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM knock WHERE hash = ?1";
    let found = first(conn, sql, [hash], |_| Ok(()))?;
    Ok(found.is_some())
}

fn contact_row(row: &Row<'_>) -> rusqlite::Result<ContactRow> {
    Ok(ContactRow {
        contact: row.get(0)?,
        card: row.get(1)?,
        name: row.get(2)?,
        petname: row.get(3)?,
        standing: row.get(4)?,
        trust: row.get(5)?,
        introduced_by: row.get(6)?,
        conversation: row.get(7)?,
        added_at: row.get(8)?,
        progress: row.get(9)?,
    })
}

fn session_row(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        session: row.get(0)?,
        contact: row.get(1)?,
        state: secret_bytes(row, 2)?,
    })
}

fn prekey_row(row: &Row<'_>) -> rusqlite::Result<PrekeyRow> {
    Ok(PrekeyRow {
        day: row.get(0)?,
        secret: secret_bytes(row, 1)?,
    })
}
