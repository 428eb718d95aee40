//! Groups in a file.

use rusqlite::{Row, params};
use zeroize::Zeroizing;

use super::db::{all, run};
use super::profile::SqliteProfile;
use crate::store::{GroupRow, GroupStore, StoreError};

impl GroupStore for SqliteProfile {
    fn groups(&self) -> Result<Vec<GroupRow>, StoreError> {
        let sql = "SELECT conversation, name, joined_at, progress, state
                   FROM membership ORDER BY seq";
        self.db.read(|conn| all(conn, sql, [], group_row))
    }

    fn put_group(&mut self, row: &GroupRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO membership (conversation, name, joined_at, progress, state)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (conversation) DO UPDATE
                   SET name = excluded.name, progress = excluded.progress,
                       state = excluded.state";
        let values = params![
            row.conversation,
            row.name,
            row.joined_at,
            row.progress.as_slice(),
            row.state.as_slice()
        ];
        self.db.write(|conn| run(conn, sql, values)).map(drop)
    }
}

fn group_row(row: &Row<'_>) -> rusqlite::Result<GroupRow> {
    Ok(GroupRow {
        conversation: row.get(0)?,
        name: row.get(1)?,
        joined_at: row.get(2)?,
        progress: Zeroizing::new(row.get(3)?),
        state: Zeroizing::new(row.get(4)?),
    })
}
