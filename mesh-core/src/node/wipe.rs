//! Destroying a profile: at leisure, in a panic, and what a crash left of that.
//!
//! The order is what makes it quick and final: a marker, synced; then the keys,
//! overwritten, synced and removed; then the databases that nothing opens any more; then
//! the marker. While the marker is there the folder counts as empty, and whoever holds it
//! next goes on where the last one was interrupted. Only a marker begins that: a torn
//! vault never looks like a wipe.

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::profile::{
    ASIDE, DAMAGED, DB_SUFFIXES, PROFILE_DB, ProfileFolder, RELAY_DB, RELAY_KEY, remove_database,
    remove_if_there, unreadable,
};
use super::{NodeError, entropy, restore, sealed, vault};

/// The marker. Empty.
pub(super) const MARKER: &str = "wipe";

/// Every file that holds a key or the way to one, or whom the person knows. A new one belongs here: the test that
/// compares this list with a folder in use fails otherwise.
const KEY_FILES: [&str; 4] = [vault::VAULT, vault::KEYBAG, RELAY_KEY, sealed::PEOPLE];

/// Whether a wipe was begun and not finished.
pub(super) fn is_begun(path: &Path) -> bool {
    path.join(MARKER).exists()
}

/// Destroys a profile that nobody uses.
pub(super) fn erase(path: &Path) -> Result<(), NodeError> {
    if !path.exists() {
        return Ok(());
    }
    let _held = ProfileFolder::hold(path)?;
    let erased = begin(path).and_then(|()| finish(path));
    erased.map_err(|error| unreadable(path, &error))
}

/// Destroys the keys at once, whoever holds the profile, and the rest if nobody does.
pub(super) fn wipe(path: &Path) -> Result<(), NodeError> {
    if !path.exists() {
        return Ok(());
    }
    let gone = begin(path).and_then(|()| destroy_keys(path));
    gone.map_err(|error| unreadable(path, &error))?;
    // Whoever holds it finishes what was begun.
    ProfileFolder::hold(path).map(drop)
}

fn begin(path: &Path) -> std::io::Result<()> {
    vault::write_durably(path, MARKER, &[])
}

/// Goes on where a wipe was interrupted, if one was begun. For whoever holds the folder.
pub(super) fn finish(path: &Path) -> std::io::Result<()> {
    if !is_begun(path) {
        return Ok(());
    }
    destroy_keys(path)?;
    for suffix in DB_SUFFIXES {
        remove_if_there(&path.join(format!("{PROFILE_DB}{suffix}{ASIDE}")))?;
    }
    for name in [PROFILE_DB, RELAY_DB] {
        remove_database(path, name)?;
    }
    restore::remove_remains(path)?;
    remove_if_there(&path.join(format!("{RELAY_DB}{DAMAGED}")))?;
    vault::sync_folder(path)?;
    remove_if_there(&path.join(MARKER))?;
    vault::sync_folder(path)
}

fn destroy_keys(path: &Path) -> std::io::Result<()> {
    for name in KEY_FILES {
        overwrite_and_remove(&path.join(name))?;
        // Left by a crash in the middle of writing, or beside a vault that was missing.
        overwrite_and_remove(&path.join(format!("{name}{}", vault::UNFINISHED)))?;
        overwrite_and_remove(&path.join(format!("{name}{ASIDE}")))?;
    }
    vault::sync_folder(path)
}

pub(super) fn overwrite_and_remove(path: &Path) -> std::io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let noise = entropy::draw::<4_096>();
        let count = usize::try_from(left)
            .unwrap_or(noise.len())
            .min(noise.len());
        file.write_all(noise.get(..count).unwrap_or(&noise))?;
        left -= count as u64;
    }
    file.sync_all()?;
    file.set_len(0)?;
    file.sync_all()?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests;
