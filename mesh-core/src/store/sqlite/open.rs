//! Opening a file: its mode, its key, what SQLite is told, and the schema.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::db::store_error;
use crate::store::StoreError;

/// Before the key: what SQLCipher frees is wiped from here on, the key's own
/// text included. Its log would go to the standard error output.
const BEFORE_KEY: &str = "
    PRAGMA cipher_log_level = NONE;
    PRAGMA cipher_memory_security = ON;
";

/// Between the key and the first read, which otherwise makes a shared-memory file
/// beside a database that was not closed: on a full disk that fails, and with it
/// everything.
const BEFORE_READ: &str = "PRAGMA locking_mode = EXCLUSIVE;";

/// After the key. FULL makes each commit wait for the disk; the cache holds the
/// index of a full relay store, whose ids arrive in random order.
const AFTER_KEY: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
";

/// Statements kept prepared: more than either store has.
const STATEMENTS_CACHED: usize = 128;

/// Opens or creates an encrypted file and brings its schema up to date.
pub(super) fn open_file(
    path: &Path,
    key: &[u8; 32],
    migrations: &[&str],
) -> Result<Connection, StoreError> {
    create_private(path).map_err(|error| StoreError::Io(error.kind().to_string()))?;
    // SQLite reads a relative path that begins with "file:" as a URI.
    let path = std::path::absolute(path).map_err(|error| StoreError::Io(error.to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(store_error)?;
    unlock(&conn, key).map_err(store_error)?;
    require_cipher(&conn)?;
    conn.execute_batch(AFTER_KEY).map_err(store_error)?;
    let journal = text(&conn, "PRAGMA journal_mode")?;
    if journal != "wal" {
        return Err(StoreError::Io(format!("journal is {journal}, not wal")));
    }
    migrate(conn, migrations)
}

/// A database that leaves no file, for tests.
pub(super) fn open_in_memory(migrations: &[&str]) -> Result<Connection, StoreError> {
    let conn = Connection::open_in_memory().map_err(store_error)?;
    conn.execute_batch(BEFORE_KEY).map_err(store_error)?;
    migrate(conn, migrations)
}

/// SQLite gives its write-ahead log the mode of the database: readable by nobody else.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// Gives the key and reads the first page with it, which fails if it is wrong.
fn unlock(conn: &Connection, key: &[u8; 32]) -> rusqlite::Result<()> {
    conn.execute_batch(BEFORE_KEY)?;
    conn.execute_batch(&key_pragma(key))?;
    conn.execute_batch(BEFORE_READ)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// `PRAGMA key = "x'…'"`: 32 raw bytes, no derivation.
fn key_pragma(key: &[u8; 32]) -> Zeroizing<String> {
    const LENGTH: usize = r#"PRAGMA key = "x''""#.len() + 64;
    // Of the final size at once: a string that grows leaves copies behind.
    let mut sql = Zeroizing::new(String::with_capacity(LENGTH));
    sql.push_str(r#"PRAGMA key = "x'"#);
    for byte in key {
        // Writing to a String cannot fail.
        let _ = write!(sql, "{byte:02x}");
    }
    sql.push_str("'\"");
    sql
}

/// Plain SQLite ignores the key pragma and would write everything in clear.
fn require_cipher(conn: &Connection) -> Result<(), StoreError> {
    let active = text(conn, "PRAGMA cipher_version").is_ok_and(|version| !version.is_empty());
    if !active {
        return Err(StoreError::Io("this build has no SQLCipher".to_owned()));
    }
    Ok(())
}

fn text(conn: &Connection, sql: &'static str) -> Result<String, StoreError> {
    conn.query_row(sql, [], |row| row.get(0))
        .map_err(store_error)
}

/// Runs the migrations that the file has not seen; one transaction each.
fn migrate(mut conn: Connection, migrations: &[&str]) -> Result<Connection, StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Else SQLite plans a statement anew at each use, to look at the values: with
    // locked memory that takes half a millisecond for the bytes of one envelope.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(store_error)?;
    let found: u32 = conn
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(store_error)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (migration, version) in migrations.iter().zip(1..=known).skip(found as usize) {
        let step = conn.transaction().map_err(store_error)?;
        step.execute_batch(migration).map_err(store_error)?;
        step.pragma_update(None, "user_version", version)
            .map_err(store_error)?;
        step.commit().map_err(store_error)?;
    }
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "CREATE TABLE one (n INTEGER NOT NULL) STRICT;";
    const TWO: &str = "CREATE TABLE two (n INTEGER NOT NULL) STRICT;";
    const KEY: [u8; 32] = [0xa5; 32];

    fn scratch() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        (folder, path)
    }

    #[test]
    fn key_pragma_is_hexadecimal_and_never_grows() {
        let sql = key_pragma(&KEY);
        assert_eq!(*sql, format!("PRAGMA key = \"x'{}'\"", "a5".repeat(32)));
        assert_eq!(sql.capacity(), sql.len());
    }

    #[test]
    fn wrong_key_is_damaged_and_leaves_the_file_alone() {
        let (_folder, path) = scratch();
        drop(open_file(&path, &KEY, &[ONE]).unwrap());
        let before = std::fs::read(&path).unwrap();
        let wrong = open_file(&path, &[1; 32], &[ONE]);
        assert!(matches!(wrong, Err(StoreError::Damaged)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert!(open_file(&path, &KEY, &[ONE]).is_ok());
    }

    #[test]
    fn plain_database_is_damaged_not_adopted() {
        let (_folder, path) = scratch();
        let plain = Connection::open(&path).unwrap();
        plain.execute_batch(ONE).unwrap();
        drop(plain);
        let opened = open_file(&path, &KEY, &[ONE]);
        assert!(matches!(opened, Err(StoreError::Damaged)));
    }

    #[test]
    fn file_shows_no_page_in_clear() {
        let (_folder, path) = scratch();
        drop(open_file(&path, &KEY, &[ONE]).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() >= 4_096);
        for clear in [&b"SQLite format 3"[..], b"CREATE TABLE"] {
            assert!(!bytes.windows(clear.len()).any(|window| window == clear));
        }
    }

    #[test]
    fn newer_schema_is_refused_unchanged() {
        let (_folder, path) = scratch();
        drop(open_file(&path, &KEY, &[ONE, TWO]).unwrap());
        let older_program = open_file(&path, &KEY, &[ONE]);
        let expected = (2, 1);
        assert!(
            matches!(older_program, Err(StoreError::TooNew { found, known }) if (found, known) == expected)
        );
    }

    #[test]
    fn older_schema_is_brought_up_to_date_and_keeps_its_rows() {
        let (_folder, path) = scratch();
        let old = open_file(&path, &KEY, &[ONE]).unwrap();
        old.execute_batch("INSERT INTO one VALUES (7)").unwrap();
        drop(old);
        let new = open_file(&path, &KEY, &[ONE, TWO]).unwrap();
        let sum = "SELECT (SELECT n FROM one) + (SELECT count(*) FROM two)";
        let seven: i64 = new.query_row(sum, [], |row| row.get(0)).unwrap();
        assert_eq!(seven, 7);
    }

    #[test]
    fn failed_migration_leaves_the_schema_before_it() {
        let (_folder, path) = scratch();
        drop(open_file(&path, &KEY, &[ONE]).unwrap());
        let broken = "CREATE TABLE two (n INTEGER NOT NULL) STRICT; CREATE NONSENSE;";
        assert!(open_file(&path, &KEY, &[ONE, broken]).is_err());
        assert!(open_file(&path, &KEY, &[ONE, TWO]).is_ok());
    }

    #[test]
    fn promises_to_the_person_are_switched_on() {
        let (_folder, path) = scratch();
        let conn = open_file(&path, &KEY, &[ONE]).unwrap();
        let number = |pragma: &str| -> i64 {
            conn.pragma_query_value(None, pragma, |row| row.get(0))
                .unwrap()
        };
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("secure_delete"), 1);
        assert_eq!(number("temp_store"), 2, "MEMORY");
        let wiping = text(&conn, "PRAGMA cipher_memory_security").unwrap();
        assert_eq!(wiping, "1");
    }

    /// A killed process leaves its log behind; the next one reads it without a file
    /// for shared memory, for which a full disk has no room.
    #[test]
    fn log_of_a_killed_process_is_read_without_shared_memory() {
        let (folder, path) = scratch();
        let conn = open_file(&path, &KEY, &[ONE]).unwrap();
        conn.execute_batch("INSERT INTO one VALUES (7)").unwrap();
        let copy = folder.path().join("copy.db");
        for suffix in ["", "-wal"] {
            let name = |base: &std::path::Path| format!("{}{suffix}", base.display());
            std::fs::copy(name(&path), name(&copy)).unwrap();
        }
        let killed = open_file(&copy, &KEY, &[ONE]).unwrap();
        let seven: i64 = killed
            .query_row("SELECT n FROM one", [], |row| row.get(0))
            .unwrap();
        assert_eq!(seven, 7);
        assert!(!folder.path().join("copy.db-shm").exists());
        drop(killed);
        // It would have been removed at the end: so look while nothing may be made.
        std::fs::create_dir(folder.path().join("copy.db-shm")).unwrap();
        assert!(open_file(&copy, &KEY, &[ONE]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (folder, path) = scratch();
        let conn = open_file(&path, &KEY, &[ONE]).unwrap();
        let mut files = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
            files += 1;
        }
        assert_eq!(files, 2, "database and log, and no shared-memory file");
        drop(conn);
    }
}
