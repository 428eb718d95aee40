//! Why a node could not start or had to stop. `Display` is one plain sentence
//! for the person, saying what to do.

use std::path::PathBuf;

/// Why a node could not start or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// Another process holds the profile.
    #[error("This profile is in use by {holder}: close that one first, or pick another --profile.")]
    InUse {
        /// Who, such as "process 4711".
        holder: String,
    },
    /// The passphrase opens no slot of the vault.
    #[error("That is not the passphrase of this profile. Try again; capitals and spaces matter.")]
    WrongPassphrase,
    /// A new passphrase that opens the profile already.
    #[error("Choose another passphrase: this one opens the profile already.")]
    PassphraseTaken,
    /// A profile is there already.
    #[error("There is a profile in this folder already: unlock it instead.")]
    Exists,
    /// No profile is there.
    #[error("There is no profile in this folder: create one first.")]
    Absent,
    /// The name is empty or too long.
    #[error("A name has 1 to {max} bytes and no line breaks.")]
    Name {
        /// The limit, bytes of UTF-8.
        max: usize,
    },
    /// The passphrase is empty.
    #[error("The passphrase is empty: choose one, six words or more.")]
    PassphraseEmpty,
    /// The folder or a file in it cannot be read, written, or understood.
    #[error("The profile folder {path} cannot be used: {reason}.")]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// Why, without a full stop.
        reason: String,
    },
    /// Somebody wiped the profile while the node ran.
    #[error("This profile was wiped: nothing of it is left here.")]
    Wiped,
    /// The store failed.
    #[error("The store of this profile failed: {0}.")]
    Store(#[from] crate::store::StoreError),
    /// The store failed, was opened again, and failed again.
    #[error("Starling had to stop because its store fails again and again: {0}.")]
    StoreFails(String),
    /// A carrier or the runtime could not start.
    #[error("The node could not start: {0}.")]
    Start(String),
}

/// The command queue is full: the node is busy, the command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The node is busy: try again in a moment.")]
pub struct Busy;
