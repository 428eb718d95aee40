//! One connection, its open transaction, and its refusal to go on after a failure.

use rusqlite::{Connection, Error, ErrorCode, Params, Row};

use crate::store::StoreError;

pub(super) struct Db {
    conn: Connection,
    in_transaction: bool,
    poisoned: bool,
}

impl Db {
    pub(super) fn new(conn: Connection) -> Self {
        Self {
            conn,
            in_transaction: false,
            poisoned: false,
        }
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        if self.in_transaction {
            return Err(StoreError::Misuse("begin inside a transaction"));
        }
        self.guarded("BEGIN IMMEDIATE")?;
        self.in_transaction = true;
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        if !self.in_transaction {
            return Err(StoreError::Misuse("commit outside a transaction"));
        }
        self.guarded("COMMIT")?;
        self.in_transaction = false;
        Ok(())
    }

    pub(super) fn rollback(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        if self.in_transaction {
            self.guarded("ROLLBACK")?;
            self.in_transaction = false;
        }
        Ok(())
    }

    /// Runs something that writes; a failure poisons the handle.
    pub(super) fn write<T>(
        &mut self,
        run: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.usable()?;
        if !self.in_transaction {
            return Err(StoreError::Misuse("write outside a transaction"));
        }
        let result = run(&self.conn);
        self.poison(result)
    }

    /// Runs something that only reads, inside the open transaction if there is one.
    pub(super) fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        self.usable()?;
        run(&self.conn).map_err(store_error)
    }

    /// Reads every page: first whether it is what was written, then whether the
    /// tables make sense. Takes about a second for 100 MiB.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let faults: Vec<String> = self.read(|conn| {
            let mut faults = all(conn, "PRAGMA cipher_integrity_check", [], |row| row.get(0))?;
            faults.extend(all(conn, "PRAGMA integrity_check(1)", [], |row| {
                row.get(0)
            })?);
            Ok(faults)
        })?;
        match faults.as_slice() {
            [only] if only == "ok" => Ok(()),
            _ => Err(StoreError::Damaged),
        }
    }

    /// Reads every page of the tables; what indexes say of them is not compared.
    pub(super) fn quick_check(&self) -> Result<(), StoreError> {
        let faults: Vec<String> =
            self.read(|conn| all(conn, "PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        match faults.as_slice() {
            [only] if only == "ok" => Ok(()),
            _ => Err(StoreError::Damaged),
        }
    }

    fn usable(&self) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        Ok(())
    }

    fn guarded(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let result = run(&self.conn, sql, []);
        self.poison(result).map(|_| ())
    }

    fn poison<T>(&mut self, result: Result<T, Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            self.poisoned = true;
            store_error(error)
        })
    }
}

/// Runs a statement that gives no rows and returns how many rows it changed.
pub(super) fn run(
    conn: &Connection,
    sql: &'static str,
    params: impl Params,
) -> Result<usize, Error> {
    conn.prepare_cached(sql)?.execute(params)
}

/// The first row, if there is one.
pub(super) fn first<T>(
    conn: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// All rows, in the order of the statement.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &'static str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    conn.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// Says what failed without SQL, paths or values.
pub(super) fn store_error(error: Error) -> StoreError {
    match &error {
        Error::FromSqlConversionFailure(..)
        | Error::InvalidColumnType(..)
        | Error::IntegralValueOutOfRange(..) => {
            StoreError::Malformed("a column holds what this program never wrote")
        }
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => StoreError::Damaged,
            code => StoreError::Io(format!("{code:?} ({})", failure.extended_code)),
        },
        _ => StoreError::Io("the database refused a statement".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn failure(code: i32) -> StoreError {
        store_error(Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn failures_keep_what_the_person_can_act_on() {
        assert!(matches!(failure(ffi::SQLITE_FULL), StoreError::Full));
        assert!(matches!(failure(ffi::SQLITE_NOTADB), StoreError::Damaged));
        assert!(matches!(failure(ffi::SQLITE_CORRUPT), StoreError::Damaged));
        assert!(matches!(
            failure(ffi::SQLITE_IOERR_FSYNC),
            StoreError::Io(_)
        ));
    }

    #[test]
    fn failed_write_poisons_the_handle() {
        let mut db = Db::new(Connection::open_in_memory().unwrap());
        db.begin().unwrap();
        let wrong = db.write(|conn| run(conn, "INSERT INTO nowhere VALUES (1)", []));
        assert!(matches!(wrong, Err(StoreError::Io(_))));
        assert!(matches!(db.rollback(), Err(StoreError::Poisoned)));
        assert!(matches!(db.begin(), Err(StoreError::Poisoned)));
        assert!(matches!(db.read(|_| Ok(())), Err(StoreError::Poisoned)));
    }
}
