//! The folder of a profile as a folder: whether what lies in it is ours, who may
//! look into it, and what a refusal of the system means in plain words.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use super::profile::{LOCK, PROFILE_DB, RELAY_DB, RELAY_KEY};
use super::sealed::PEOPLE;
use super::vault::{KEYBAG, VAULT};
use super::wipe::MARKER;

/// Why a folder of somebody else's files is refused, without a full stop.
pub(super) const FOREIGN: &str =
    "it holds other files and no profile of Starling; choose an empty or a new folder";

/// Whether there is something in the folder, and nothing of it says that a profile is
/// or was here. Ours would lie among it, be copied and deleted along, and starting
/// anew would leave the rest.
pub(super) fn is_foreign(folder: &Path) -> std::io::Result<bool> {
    let mut is_empty = true;
    for entry in fs::read_dir(folder)? {
        is_empty = false;
        if is_ours(&entry?) {
            return Ok(false);
        }
    }
    Ok(!is_empty)
}

/// Files that only a profile has; a lock left by one holds a number or nothing.
fn is_ours(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    let Some(name) = name.to_str() else {
        return false;
    };
    let begins = |ours: &str| {
        let rest = name.strip_prefix(ours);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    };
    if name == LOCK {
        return fs::read(entry.path())
            .is_ok_and(|pid| pid.len() <= 20 && pid.iter().all(u8::is_ascii_digit));
    }
    [
        VAULT, KEYBAG, PEOPLE, RELAY_KEY, RELAY_DB, PROFILE_DB, MARKER,
    ]
    .iter()
    .any(|ours| begins(ours))
}

/// Makes the folder if it is missing. Only the owner may look into it afterwards,
/// also where it was there before.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    close_to_others(path)
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let open = fs::metadata(path)?.permissions().mode() & 0o077;
    if open == 0 {
        return Ok(());
    }
    // A disk without owners and modes, such as a stick, says yes and changes nothing.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|_| {
        let why = "others can read it, and only its owner can change that";
        Error::new(ErrorKind::PermissionDenied, why)
    })
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What an error of the file system means, without a full stop.
pub(super) fn plain(error: &Error) -> String {
    let words = match error.kind() {
        // Ours, worded above.
        _ if error.raw_os_error().is_none() => return error.to_string(),
        ErrorKind::NotFound => "a file or folder of its path is missing",
        ErrorKind::PermissionDenied => "this account has no right to it",
        ErrorKind::ReadOnlyFilesystem => "it is on a disk that cannot be written to",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full",
        ErrorKind::NotADirectory => "a part of its path is a file and no folder",
        ErrorKind::InvalidFilename => "its name is too long or not allowed",
        _ => return error.to_string(),
    };
    words.to_owned()
}
