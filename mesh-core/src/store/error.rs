//! Why a store refused.

/// A failure of our own storage; never caused by what a peer sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// Reading or writing failed.
    #[error("reading or writing failed: {0}")]
    Io(String),
    /// The file is not a database, or the key is wrong.
    #[error("the database is damaged or the key is wrong")]
    Damaged,
    /// The file was written by a newer program.
    #[error(
        "the database was written by a newer Starling (schema {found}, this one knows {known})"
    )]
    TooNew {
        /// In the file.
        found: u32,
        /// Of this program.
        known: u32,
    },
    /// `begin` inside a transaction, or a write outside one.
    #[error("transaction misuse: {0}")]
    Misuse(&'static str),
    /// An earlier write failed; drop this handle and open again.
    #[error("an earlier write failed")]
    Poisoned,
    /// A row does not hold what its column promises.
    #[error("a stored row is malformed: {0}")]
    Malformed(&'static str),
}
