//! Opening the person's database, and beginning it anew with the people of the sealed
//! copy when it is lost (`docs/protocol/store.md`, "Failure").

use std::fs;
use std::path::Path;

use crate::api::Notice;
use crate::engine::Engine;
use crate::limits::PROFILE_CHECK_BYTES_MAX;
use crate::store::{PeopleCopy, ProfileStore as _, SqliteProfile, StoreError};

use super::profile::{
    DAMAGED, DB_SUFFIXES, OpenKeys, PROFILE_DB, ProfileFolder, Unsound, remove_database, unreadable,
};
use super::{NodeError, sealed, start, vault};

/// How much of a database is read before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// All of one that is small or was not closed, else its people only: what reading a
    /// whole large one takes, nobody waits for at each start.
    AtStart,
    /// All of it: something failed.
    Whole,
}

/// A database to work with.
pub(super) struct Opened {
    pub(super) store: SqliteProfile,
    /// What the person should know, if it was begun anew.
    pub(super) notice: Option<Notice>,
}

/// Opens the profile's database. One that opened under duress is begun if nothing is
/// there; one that is lost or damaged is set aside and begun anew with the people of the
/// sealed copy, if that can be read.
pub(super) fn open(
    folder: &ProfileFolder,
    keys: &OpenKeys,
    check: Check,
) -> Result<Opened, NodeError> {
    let lost = match sound_store(folder, keys, check) {
        Ok(store) => return begun_if_empty(store, keys),
        Err(Unsound::Other(error)) => return Err(error),
        Err(Unsound::Lost(how)) => how,
    };
    if let Some(copy) = sealed::read(folder.path(), &keys.database_key) {
        tracing::warn!(lost, "the profile's database is begun anew");
        begin_anew(folder, keys, &copy)?;
        return Ok(Opened {
            store: folder.new_store(keys)?,
            notice: Some(notice(folder.path(), lost)),
        });
    }
    if keys.decoy.is_some() && !folder.has_database() {
        return begun_if_empty(folder.new_store(keys)?, keys);
    }
    Err(Unsound::Lost(lost).refusal(folder.path()))
}

/// A person under the decoy's name, if it opened under duress and nobody is there yet.
fn begun_if_empty(mut store: SqliteProfile, keys: &OpenKeys) -> Result<Opened, NodeError> {
    if let Some(name) = &keys.decoy
        && store.identity()?.is_none()
    {
        start::begin_profile(&mut store, &name.0)?;
    }
    let notice = None;
    Ok(Opened { store, notice })
}

/// The database, if it is what was written.
fn sound_store(
    folder: &ProfileFolder,
    keys: &OpenKeys,
    check: Check,
) -> Result<SqliteProfile, Unsound> {
    let is_checked = is_read_whole(folder.path(), check);
    let store = folder.profile_store(keys)?;
    let checked = match is_checked {
        true => store.quick_check(),
        false => Ok(()),
    };
    match checked.and_then(|()| Engine::check_profile(&store)) {
        Ok(()) => Ok(store),
        Err(StoreError::Damaged | StoreError::Malformed(_)) => Err(Unsound::Lost(IS_DAMAGED)),
        Err(error) => Err(Unsound::Other(error.into())),
    }
}

/// A database that was closed leaves no log.
fn is_read_whole(path: &Path, check: Check) -> bool {
    let bytes = |suffix| {
        let meta = fs::metadata(path.join(format!("{PROFILE_DB}{suffix}")));
        meta.map_or(0, |meta| meta.len())
    };
    check == Check::Whole || bytes("-wal") > 0 || bytes("") <= PROFILE_CHECK_BYTES_MAX
}

pub(super) const IS_DAMAGED: &str = "is damaged";
pub(super) const IS_MISSING: &str = "is missing or empty";

/// Under another name first, so that the old file gives way only to a whole one: a crash
/// at any moment leaves the old one, or none, or the new one.
fn begin_anew(folder: &ProfileFolder, keys: &OpenKeys, copy: &PeopleCopy) -> Result<(), NodeError> {
    let path = folder.path();
    let failed = |error: std::io::Error| unreadable(path, &error);
    let begun = format!("{PROFILE_DB}{}", vault::UNFINISHED);
    remove_database(path, &begun).map_err(failed)?;
    let mut store = SqliteProfile::open(&path.join(&begun), keys.database_key.expose())?;
    copy.restore(&mut store)?;
    Engine::check_profile(&store)?;
    drop(store);
    if path.join(format!("{begun}-wal")).exists() {
        let why = std::io::Error::other("the new database could not be written whole");
        return Err(failed(why));
    }
    set_aside(path)
        .and_then(|()| fs::rename(path.join(&begun), path.join(PROFILE_DB)))
        .and_then(|()| vault::sync_folder(path))
        .map_err(failed)
}

/// Keeps the damaged database, in the place of the one that was kept before; an empty one
/// only goes.
fn set_aside(path: &Path) -> std::io::Result<()> {
    let aside = format!("{PROFILE_DB}{DAMAGED}");
    let bytes = |suffix: &str| {
        let meta = fs::metadata(path.join(format!("{PROFILE_DB}{suffix}")));
        meta.map_or(0, |meta| meta.len())
    };
    if bytes("") == 0 && bytes("-wal") == 0 {
        return remove_database(path, PROFILE_DB);
    }
    if bytes("") > 0 {
        remove_database(path, &aside)?;
    }
    for suffix in DB_SUFFIXES {
        let from = path.join(format!("{PROFILE_DB}{suffix}"));
        let to = path.join(format!("{aside}{suffix}"));
        match fs::rename(from, to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            renamed => renamed?,
        }
    }
    Ok(())
}

/// Removes what a damaged database left, and one that was only begun.
pub(super) fn remove_remains(path: &Path) -> std::io::Result<()> {
    remove_database(path, &format!("{PROFILE_DB}{}", vault::UNFINISHED))?;
    remove_database(path, &format!("{PROFILE_DB}{DAMAGED}"))
}

fn notice(path: &Path, lost: &str) -> Notice {
    let aside = path.join(format!("{PROFILE_DB}{DAMAGED}"));
    let kept = match aside.exists() && lost == IS_DAMAGED {
        true => format!("; the damaged file is {}", aside.display()),
        false => String::new(),
    };
    let how = match lost {
        IS_MISSING => "was missing",
        _ => "was damaged",
    };
    Notice {
        code: "restored",
        text: format!(
            "Your database {how}: your name, contacts and channels are back, messages and \
             groups are lost, so ask to be invited into your groups again, and contacts see \
             that you began anew when you next write and decide whether to go on with you{kept}."
        ),
    }
}

#[cfg(test)]
mod tests;
