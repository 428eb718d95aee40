//! Sealed envelopes in a file.

use std::path::Path;

use rusqlite::{Row, params};

use super::db::{Db, all, first, run};
use super::open::{open_file, open_in_memory};
use crate::store::{RelayMeta, RelayStore, StoreError, Transact, body_bytes};
use crate::types::EnvelopeId;

const MIGRATIONS: &[&str] = &[include_str!("migrations/relay/0001_init.sql")];

/// A relay store in an encrypted file.
pub struct SqliteRelay {
    db: Db,
}

impl SqliteRelay {
    /// Opens or creates the file, mode 0600.
    ///
    /// Fails with [`StoreError::Damaged`] if the key is another one or the file is
    /// no database, and with [`StoreError::TooNew`] if a later program wrote it.
    pub fn open(path: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        let db = Db::new(open_file(path, key, MIGRATIONS)?);
        Ok(Self { db })
    }

    /// A store that leaves no file and is gone when dropped.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let db = Db::new(open_in_memory(MIGRATIONS)?);
        Ok(Self { db })
    }

    /// Reads the whole file; [`StoreError::Damaged`] if a page is not what was written.
    pub fn check(&self) -> Result<(), StoreError> {
        self.db.check()
    }
}

fn meta(row: &Row<'_>) -> rusqlite::Result<RelayMeta> {
    Ok(RelayMeta {
        id: row.get(0)?,
        class: row.get(1)?,
        expiry: row.get(2)?,
        tag: row.get(3)?,
        bytes: row.get(4)?,
        received_at: row.get(5)?,
    })
}

impl Transact for SqliteRelay {
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

impl RelayStore for SqliteRelay {
    fn insert(&mut self, meta: &RelayMeta, body: &[u8]) -> Result<bool, StoreError> {
        let bytes = body_bytes(body)?;
        self.db.write(|conn| {
            let added = run(
                conn,
                "INSERT INTO envelope (id, class, expiry, tag, bytes, received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    meta.id,
                    meta.class,
                    meta.expiry,
                    meta.tag,
                    bytes,
                    meta.received_at
                ],
            )?;
            if added == 0 {
                return Ok(false);
            }
            if bytes > 0 {
                run(
                    conn,
                    "INSERT INTO body (seq, bytes) VALUES (last_insert_rowid(), ?1)",
                    [body],
                )?;
            }
            Ok(true)
        })
    }

    fn body(&self, id: EnvelopeId) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.read(|conn| {
            first(
                conn,
                "SELECT body.bytes FROM envelope JOIN body USING (seq) WHERE id = ?1",
                [id],
                |row| row.get(0),
            )
        })
    }

    fn evict(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.db.write(|conn| {
            remove_body(conn, id)?;
            run(conn, "UPDATE envelope SET bytes = 0 WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.db.write(|conn| {
            remove_body(conn, id)?;
            run(conn, "DELETE FROM envelope WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    fn load(&self) -> Result<Vec<RelayMeta>, StoreError> {
        self.db.read(|conn| {
            all(
                conn,
                "SELECT id, class, expiry, tag, bytes, received_at FROM envelope ORDER BY seq",
                [],
                meta,
            )
        })
    }
}

fn remove_body(conn: &rusqlite::Connection, id: EnvelopeId) -> rusqlite::Result<()> {
    run(
        conn,
        "DELETE FROM body WHERE seq = (SELECT seq FROM envelope WHERE id = ?1)",
        [id],
    )?;
    Ok(())
}
