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
use super::{NodeError, entropy, folder, restore, sealed, vault};

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
    let failed = |error: std::io::Error| unreadable(path, &error);
    if folder::is_foreign(path).map_err(failed)? {
        return Err(NodeError::Unreadable {
            path: path.to_owned(),
            reason: folder::FOREIGN.into(),
        });
    }
    // A full disk takes no marker; the keys must go all the same.
    let begun = begin(path);
    let destroyed = destroy_keys(path);
    begun.and(destroyed).map_err(failed)?;
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
    remove_profile(path)?;
    remove_database(path, RELAY_DB)?;
    remove_if_there(&path.join(format!("{RELAY_DB}{DAMAGED}")))?;
    vault::sync_folder(path)?;
    remove_if_there(&path.join(MARKER))?;
    vault::sync_folder(path)
}

/// Tries every file, whatever became of the others; gives the first failure.
fn destroy_keys(path: &Path) -> std::io::Result<()> {
    let mut done = Ok(());
    for name in KEY_FILES {
        done = done.and(overwrite_and_remove(&path.join(name)));
        done = done.and(destroy_leftovers(path, name));
    }
    done.and(vault::sync_folder(path))
}

/// What a crash in the middle of writing left, and what lay beside a missing vault.
fn destroy_leftovers(path: &Path, name: &str) -> std::io::Result<()> {
    let unfinished = overwrite_and_remove(&path.join(format!("{name}{}", vault::UNFINISHED)));
    unfinished.and(overwrite_and_remove(&path.join(format!("{name}{ASIDE}"))))
}

/// The profile goes and its folder stays in use, by another profile under the same
/// names: vault and keybag are written over by whoever calls this, and what is carried
/// for others stays.
pub(super) fn make_room_for_decoy(path: &Path) -> std::io::Result<()> {
    destroy_leftovers(path, vault::VAULT)?;
    destroy_leftovers(path, vault::KEYBAG)?;
    overwrite_and_remove(&path.join(sealed::PEOPLE))?;
    destroy_leftovers(path, sealed::PEOPLE)?;
    remove_profile(path)?;
    // Before the keys that would open it are gone: else a power cut brings it back, and
    // it would be found damaged.
    vault::sync_folder(path)
}

/// The databases of a profile and their copies, whole or in the making.
fn remove_profile(path: &Path) -> std::io::Result<()> {
    for suffix in DB_SUFFIXES {
        remove_if_there(&path.join(format!("{PROFILE_DB}{suffix}{ASIDE}")))?;
    }
    remove_database(path, PROFILE_DB)?;
    restore::remove_remains(path)
}

fn overwrite_and_remove(path: &Path) -> std::io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            // Read-only, perhaps: it can still be removed.
            fs::remove_file(path)?;
            return Err(error);
        }
        Ok(file) => file,
    };
    let overwritten = overwrite(&mut file);
    // Removed even where overwriting failed.
    let removed = fs::remove_file(path);
    overwritten.and(removed)
}

fn overwrite(file: &mut fs::File) -> std::io::Result<()> {
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
    file.sync_all()
}

#[cfg(test)]
mod tests;
