//! The profile folder: which files there are, who holds them, how they begin and
//! end (`docs/protocol/store.md`).
//!
//! | file | what |
//! |---|---|
//! | `lock` | held by one process while it runs; says which |
//! | `vault` | passphrase → master key |
//! | `keybag` | master key → keys of the databases, two copies |
//! | `profile.db` | identity, conversations, messages: SQLCipher |
//! | `people.sealed` | a copy of identity, contacts and channels, sealed |
//! | `relay.db`, `relay.key` | sealed envelopes, readable without the passphrase |
//! | `wipe` | a wipe was begun: whatever else is here is to be destroyed |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::crypto::secret::Secret;
use crate::redact::Redacted;
use crate::store::{SqliteProfile, SqliteRelay, StoreError};

use super::{KdfCost, NodeError, ProfileState, entropy, folder, restore, sealed, vault, wipe};

pub(super) const LOCK: &str = "lock";
pub(super) const RELAY_DB: &str = "relay.db";
pub(super) const RELAY_KEY: &str = "relay.key";
pub(super) const PROFILE_DB: &str = "profile.db";
/// Files beside a SQLite database.
pub(super) const DB_SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Appended to what lay beside a missing vault when a profile is made.
pub(super) const ASIDE: &str = ".aside";
/// What a damaged relay database is renamed to.
pub(super) const DAMAGED: &str = ".damaged";

/// Why the person's database is of no use.
#[derive(Debug)]
pub(super) enum Unsound {
    /// What it was is gone; how, to follow its name.
    Lost(&'static str),
    /// It may be sound, and cannot be used now.
    Other(NodeError),
}

impl Unsound {
    /// What the person is told who cannot be helped.
    pub(super) fn refusal(self, folder: &Path) -> NodeError {
        match self {
            Self::Lost(how) => NodeError::Unreadable {
                path: folder.to_owned(),
                reason: format!("{PROFILE_DB} {how}"),
            },
            Self::Other(error) => error,
        }
    }
}

/// A profile folder that this process holds.
#[derive(Debug)]
pub(super) struct ProfileFolder {
    path: PathBuf,
    /// The operating system lets go of the lock when it is dropped, or killed.
    _lock: File,
}

/// What an opened vault gives.
#[derive(Debug)]
pub(super) struct OpenKeys {
    pub(super) database_key: Secret<32>,
    /// The name of the profile to be made, if it opened under duress.
    pub(super) decoy: Option<Redacted<String>>,
}

/// A profile in the making.
#[derive(Debug)]
pub(super) struct NewVault {
    pub(super) keys: OpenKeys,
    /// Sealed; to be written when everything else is there.
    pub(super) vault: Vec<u8>,
}

/// What lies in a folder; takes no lock and reads no secret.
pub(super) fn state(path: &Path) -> ProfileState {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => ProfileState::Absent,
        Err(error) => ProfileState::Unreadable(folder::plain(&error)),
        Ok(meta) if !meta.is_dir() => ProfileState::Unreadable("it is not a folder".into()),
        Ok(_) if wipe::is_begun(path) => ProfileState::Absent,
        Ok(_) => match (folder::is_foreign(path), vault::state(path)) {
            (Err(error), _) => ProfileState::Unreadable(folder::plain(&error)),
            (Ok(true), _) => ProfileState::Unreadable(folder::FOREIGN.into()),
            (Ok(false), Ok(true)) => ProfileState::Locked,
            (Ok(false), Ok(false)) => ProfileState::Absent,
            (Ok(false), Err(reason)) => ProfileState::Unreadable(reason),
        },
    }
}

/// Whether a profile could be held now; creates nothing.
pub(super) fn check(path: &Path) -> Result<(), NodeError> {
    if let ProfileState::Unreadable(reason) = state(path) {
        let path = path.to_owned();
        return Err(NodeError::Unreadable { path, reason });
    }
    match OpenOptions::new()
        .read(true)
        .write(true)
        .open(path.join(LOCK))
    {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unreadable(path, &error)),
        Ok(mut file) => lock(path, &mut file),
    }
}

/// Locks an open lock file as long as it stays open.
fn lock(path: &Path, file: &mut File) -> Result<(), NodeError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(NodeError::InUse {
            holder: holder(file),
        }),
        Err(TryLockError::Error(error)) => Err(unreadable(path, &error)),
    }
}

/// Opens vault and keybag of a folder that this process holds.
pub(super) fn open_keys(path: &Path, passphrase: &str) -> Result<OpenKeys, NodeError> {
    match state(path) {
        ProfileState::Locked => vault::open(path, passphrase),
        ProfileState::Absent => Err(NodeError::Absent),
        ProfileState::Unreadable(reason) => Err(NodeError::Unreadable {
            path: path.to_owned(),
            reason,
        }),
    }
}

impl ProfileFolder {
    /// Makes the folder if it is missing, and holds it until dropped.
    pub(super) fn hold(path: &Path) -> Result<Self, NodeError> {
        if path.is_dir() && folder::is_foreign(path).map_err(|e| unreadable(path, &e))? {
            return Err(NodeError::Unreadable {
                path: path.to_owned(),
                reason: folder::FOREIGN.into(),
            });
        }
        folder::make_private(path).map_err(|error| unreadable(path, &error))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = private(&mut options)
            .open(path.join(LOCK))
            .map_err(|error| unreadable(path, &error))?;
        lock(path, &mut file)?;
        wipe::finish(path).map_err(|error| unreadable(path, &error))?;
        let pid = std::process::id().to_string();
        file.set_len(0)
            .and_then(|()| file.write_all(pid.as_bytes()))
            .map_err(|error| unreadable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: file,
        })
    }

    /// Makes the keys of a new profile. Until [`Self::finish`] the folder still
    /// counts as empty.
    pub(super) fn create(&self, passphrase: &str, cost: KdfCost) -> Result<NewVault, NodeError> {
        match state(&self.path) {
            ProfileState::Absent => {}
            ProfileState::Locked => return Err(NodeError::Exists),
            ProfileState::Unreadable(reason) => return Err(self.unreadable(reason)),
        }
        self.put_aside()
            .map_err(|error| unreadable(&self.path, &error))?;
        vault::create(&self.path, passphrase, cost)
    }

    /// Keeps what lies beside a missing vault: the vault may be in a backup.
    fn put_aside(&self) -> std::io::Result<()> {
        let databases = DB_SUFFIXES.map(|suffix| format!("{PROFILE_DB}{suffix}"));
        let sealed = [vault::KEYBAG, sealed::PEOPLE];
        for name in databases.iter().map(String::as_str).chain(sealed) {
            let path = self.path.join(name);
            if path.exists() {
                fs::rename(&path, self.path.join(format!("{name}{ASIDE}")))?;
            }
        }
        Ok(())
    }

    /// Writes the vault: from now on the profile is there.
    pub(super) fn finish(&self, new: &NewVault) -> Result<(), NodeError> {
        vault::write_durably(&self.path, vault::VAULT, &new.vault)
            .map_err(|error| unreadable(&self.path, &error))
    }

    /// See [`open_keys`].
    pub(super) fn unlock(&self, passphrase: &str) -> Result<OpenKeys, NodeError> {
        open_keys(&self.path, passphrase)
    }

    /// Opens the sealed envelopes. A damaged file holds only what others have
    /// too: it is put aside and a new one begun. Reads all of it (a second when it
    /// is full), so that no damage shows later, one envelope at a time.
    pub(super) fn relay_store(&self) -> Result<SqliteRelay, NodeError> {
        let key = self.relay_key()?;
        let path = self.path.join(RELAY_DB);
        let opened = SqliteRelay::open(&path, key.expose()).and_then(|store| {
            store.check()?;
            Ok(store)
        });
        match opened {
            Err(StoreError::Damaged) => {
                tracing::warn!("the carried envelopes were damaged and are begun anew");
                let aside = self.path.join(format!("{RELAY_DB}{DAMAGED}"));
                fs::rename(&path, aside).map_err(|error| unreadable(&self.path, &error))?;
                let removed = remove_database(&self.path, RELAY_DB);
                removed.map_err(|error| unreadable(&self.path, &error))?;
                Ok(SqliteRelay::open(&path, key.expose())?)
            }
            opened => Ok(opened?),
        }
    }

    /// Opens the person's own things as they are. Only a profile in the making begins
    /// a database here.
    pub(super) fn profile_store(&self, keys: &OpenKeys) -> Result<SqliteProfile, Unsound> {
        let finished = state(&self.path) == ProfileState::Locked;
        if finished && !self.has_database() {
            return Err(Unsound::Lost(restore::IS_MISSING));
        }
        self.new_store(keys).map_err(|error| match error {
            StoreError::Damaged => Unsound::Lost(restore::IS_DAMAGED),
            error => Unsound::Other(error.into()),
        })
    }

    /// The same, and begins a database wherever there is none.
    pub(super) fn new_store(&self, keys: &OpenKeys) -> Result<SqliteProfile, StoreError> {
        let path = self.path.join(PROFILE_DB);
        SqliteProfile::open(&path, keys.database_key.expose())
    }

    /// Whether there is anything in the place of the person's own things.
    pub(super) fn has_database(&self) -> bool {
        let meta = fs::metadata(self.path.join(PROFILE_DB));
        meta.is_ok_and(|meta| meta.len() > 0)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The key of the sealed envelopes. If it is missing or torn, whatever it
    /// sealed is lost; a disk that only fails to read it is an error instead.
    fn relay_key(&self) -> Result<Secret<32>, NodeError> {
        let path = self.path.join(RELAY_KEY);
        let mut key = Secret::zeroed();
        match File::open(&path).and_then(|mut file| file.read_exact(key.expose_mut())) {
            Ok(()) => return Ok(key),
            Err(error) if is_absence(&error) => {}
            Err(error) => return Err(self.unreadable(format!("{RELAY_KEY}: {error}"))),
        }
        let removed = remove_database(&self.path, RELAY_DB);
        removed.map_err(|error| unreadable(&self.path, &error))?;
        let mut fresh = entropy::draw::<32>();
        let written = vault::write_durably(&self.path, RELAY_KEY, &fresh);
        let key = Secret::take(&mut fresh);
        written.map_err(|error| unreadable(&self.path, &error))?;
        Ok(key)
    }

    fn unreadable(&self, reason: String) -> NodeError {
        NodeError::Unreadable {
            path: self.path.clone(),
            reason,
        }
    }
}

pub(super) fn remove_database(folder: &Path, name: &str) -> std::io::Result<()> {
    DB_SUFFIXES
        .iter()
        .try_for_each(|suffix| remove_if_there(&folder.join(format!("{name}{suffix}"))))
}

pub(super) fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A file that is not there, or ends too early.
fn is_absence(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotFound, UnexpectedEof};
    matches!(error.kind(), NotFound | UnexpectedEof)
}

fn holder(lock: &mut File) -> String {
    let mut pid = String::new();
    let read = lock.take(20).read_to_string(&mut pid);
    match read {
        Ok(1..) => format!("process {}", pid.trim()),
        _ => "another process".into(),
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> NodeError {
    NodeError::Unreadable {
        path: path.to_owned(),
        reason: folder::plain(error),
    }
}

/// Only the owner may read a file that we make.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests;
