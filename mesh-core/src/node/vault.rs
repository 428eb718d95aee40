//! Vault and keybag as files, and how much work a passphrase guess shall cost.
//! What stands in them is `crypto/vault.rs`.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::crypto::KdfParams;
use crate::crypto::vault::{Keybag, MasterKey, SEALED_BYTES, Vault, VaultError};

use super::folder::plain;
use super::profile::{NewVault, OpenKeys, private};
use super::{KdfCost, NodeError, entropy, kdf};

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
        },
        vault,
    })
}

pub(super) fn open(folder: &Path, passphrase: &str) -> Result<OpenKeys, NodeError> {
    let failed = |error: std::io::Error| unreadable(folder, plain(&error));
    let vault = fs::read(folder.join(VAULT)).map_err(failed)?;
    let master =
        kdf::in_turn(|| Vault::open(&vault, passphrase)).map_err(|error| refused(folder, error))?;
    let master = master.master;
    let copies = fs::read(folder.join(KEYBAG))
        .map_err(|error| unreadable(folder, format!("{KEYBAG}: {}", plain(&error))))?;
    let keys = copies
        .chunks(SEALED_BYTES)
        .take(2)
        .filter_map(|copy| Keybag::open(&master, copy).ok())
        .max_by_key(|keys| keys.sequence)
        .ok_or_else(|| unreadable(folder, "its keybag is damaged".into()))?;
    Ok(OpenKeys {
        database_key: keys.database_key,
    })
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
        error => unreadable(folder, error.to_string()),
    }
}

fn unreadable(folder: &Path, reason: String) -> NodeError {
    NodeError::Unreadable {
        path: folder.to_owned(),
        reason,
    }
}
