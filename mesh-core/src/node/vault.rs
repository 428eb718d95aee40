//! Vault and keybag as files, and how much work a passphrase guess shall cost.
//! What stands in them is `crypto/vault.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::crypto::KdfParams;
use crate::crypto::vault::{Keybag, MasterKey, Opened, SEALED_BYTES, Vault, VaultError};

use super::folder::plain;
use super::profile::{NewVault, OpenKeys, private};
use super::{KdfCost, NodeError, entropy, kdf, profile, restore, sealed, wipe};

pub(super) const VAULT: &str = "vault";
pub(super) const KEYBAG: &str = "keybag";
/// Appended to the name of a file that is being written.
pub(super) const UNFINISHED: &str = ".new";

/// RFC 9106, second recommended choice.
const FLOOR: KdfParams = KdfParams {
    m_kib: 64 * 1_024,
    t: 3,
    p: 4,
};
const M_KIB_MAX: u32 = 256 * 1_024;
/// What one guess should take, about, on the machine that made the profile.
const GUESS_AIM: Duration = Duration::from_millis(1_000);

/// Whether there is a whole vault in a folder; why not, if there is something else.
pub(super) fn state(folder: &Path) -> Result<bool, String> {
    match fs::read(folder.join(VAULT)) {
        Ok(bytes) if Vault::is_well_formed(&bytes) => Ok(true),
        Ok(_) => Err("its vault is damaged".into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(plain(&error)),
    }
}

pub(super) fn create(
    folder: &Path,
    passphrase: &str,
    cost: KdfCost,
) -> Result<NewVault, NodeError> {
    let mut rng = entropy::system();
    let (vault, master) = kdf::in_turn(|| {
        let params = match cost {
            KdfCost::Floor => FLOOR,
            KdfCost::Calibrated => calibrate(),
        };
        Vault::create(&mut rng, params, passphrase)
    })
    .map_err(|error| refused(folder, error))?;
    let keys = Keybag::draw(&mut rng);
    let failed = |error: std::io::Error| unreadable(folder, plain(&error));
    write_keybag(folder, &keys, &master).map_err(failed)?;
    Ok(NewVault {
        keys: OpenKeys {
            database_key: keys.database_key,
            decoy: None,
        },
        vault,
    })
}

/// Opens vault and keybag. A passphrase given under duress first makes sure that nothing
/// else of the profile ever opens again.
pub(super) fn open(folder: &Path, passphrase: &str) -> Result<OpenKeys, NodeError> {
    let failed = |error: std::io::Error| unreadable(folder, plain(&error));
    let bytes = fs::read(folder.join(VAULT)).map_err(failed)?;
    let opened = kdf::in_turn(|| Vault::open(&bytes, passphrase));
    let opened = opened.map_err(|error| refused(folder, error))?;
    let copies = fs::read(folder.join(KEYBAG))
        .map_err(|error| unreadable(folder, format!("{KEYBAG}: {}", plain(&error))));
    let keys = copies.map(|copies| newest_keys(&copies, &opened.master));
    let keys = match (keys, &opened.decoy) {
        (Ok(Some(keys)), _) => keys,
        (_, Some(_)) => give_way(folder, &bytes, &opened).map_err(failed)?,
        (Err(error), None) => return Err(error),
        (Ok(None), None) => return Err(unreadable(folder, "its keybag is damaged".into())),
    };
    Ok(OpenKeys {
        database_key: keys.database_key,
        decoy: opened.decoy,
    })
}

fn newest_keys(copies: &[u8], master: &MasterKey) -> Option<Keybag> {
    copies
        .chunks(SEALED_BYTES)
        .take(2)
        .filter_map(|copy| Keybag::open(master, copy).ok())
        .max_by_key(|keys| keys.sequence)
}

/// The first time that the duress passphrase is used: the other slots go, then the keys
/// of the databases, then these. Interrupted, it is done again from the beginning, as the
/// keybag does not open yet.
fn give_way(folder: &Path, vault: &[u8], opened: &Opened) -> std::io::Result<Keybag> {
    let mut rng = entropy::system();
    write_in_place(folder, VAULT, &Vault::only(&mut rng, vault, opened))?;
    let keys = Keybag::draw(&mut rng);
    let copy = folder.join(sealed::PEOPLE);
    wipe::overwrite_and_remove(&copy)?;
    wipe::overwrite_and_remove(&folder.join(format!("{}{UNFINISHED}", sealed::PEOPLE)))?;
    profile::remove_database(folder, profile::PROFILE_DB)?;
    restore::remove_remains(folder)?;
    write_keybag(folder, &keys, &opened.master)?;
    Ok(keys)
}

/// Uses another passphrase from now on.
pub(super) fn change(folder: &Path, old: &str, new: &str) -> Result<(), NodeError> {
    replace(folder, new, |vault| {
        let opened = Vault::open(vault, old)?;
        Vault::change(&mut entropy::system(), vault, &opened, new)
    })
}

/// Sets or takes back the passphrase to be given under duress, and the name of its decoy.
pub(super) fn set_duress(
    folder: &Path,
    own: &str,
    duress: Option<(&str, &str)>,
) -> Result<(), NodeError> {
    replace(folder, own, |vault| {
        Vault::set_duress(&mut entropy::system(), vault, own, duress)
    })
}

/// Replaces a slot. Both are there until the new one was seen to open the vault from
/// disk; only slots are written, in place, so that a torn write costs no other and the
/// old one is overwritten where it lies.
fn replace(
    folder: &Path,
    passphrase: &str,
    made: impl FnOnce(&[u8]) -> Result<[Vec<u8>; 2], VaultError>,
) -> Result<(), NodeError> {
    let failed = |error: std::io::Error| unreadable(folder, plain(&error));
    let read = || fs::read(folder.join(VAULT)).map_err(failed);
    let vault = read()?;
    kdf::in_turn(|| {
        let [both, last] = made(&vault).map_err(|error| refused(folder, error))?;
        write_in_place(folder, VAULT, &both).map_err(failed)?;
        Vault::open(&read()?, passphrase).map_err(|error| refused(folder, error))?;
        write_in_place(folder, VAULT, &last).map_err(failed)
    })
}

/// Overwrites a file of the same length where it lies.
fn write_in_place(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(folder.join(name))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Both copies, in place, one after the other: a crash tears one of them at most.
fn write_keybag(folder: &Path, keys: &Keybag, master: &MasterKey) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let mut file = private(&mut options).open(folder.join(KEYBAG))?;
    file.seek(SeekFrom::Start(0))?;
    for _ in 0..2 {
        file.write_all(&keys.seal(&mut entropy::system(), master))?;
        file.sync_all()?;
    }
    Ok(())
}

/// Writes a file so that after a crash it is there whole or not at all.
pub(super) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = folder.join(format!("{name}{UNFINISHED}"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let mut file = private(&mut options).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    sync_folder(folder)
}

/// Makes renames and removals in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Measures the floor once and scales memory to the time aimed at, in powers of
/// two: memory is what makes guessing dear.
#[expect(
    clippy::disallowed_methods,
    reason = "measures how long this machine takes"
)]
fn calibrate() -> KdfParams {
    let started = std::time::Instant::now();
    if Vault::create(&mut entropy::system(), FLOOR, "calibration").is_err() {
        return FLOOR;
    }
    let mut took = started.elapsed();
    let mut params = FLOOR;
    while params.m_kib < M_KIB_MAX && took * 2 <= GUESS_AIM * 3 / 2 {
        params.m_kib *= 2;
        took *= 2;
    }
    params
}

fn refused(folder: &Path, error: VaultError) -> NodeError {
    match error {
        VaultError::WrongPassphrase => NodeError::WrongPassphrase,
        VaultError::Taken => NodeError::PassphraseTaken,
        error => unreadable(folder, error.to_string()),
    }
}

fn unreadable(folder: &Path, reason: String) -> NodeError {
    NodeError::Unreadable {
        path: folder.to_owned(),
        reason,
    }
}
