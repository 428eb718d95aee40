//! Vault and keybag: bytes in, keys out. No files, no clock
//! (`docs/protocol/store.md`, "Vault").
//!
//! The vault turns a passphrase into the master key, the keybag holds what the
//! master key opens. A passphrase can so be changed without touching a database.

use rand_core::CryptoRng;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::labels;
use super::primitives::{KdfParams, argon2id, hkdf, xopen, xseal};
use super::secret::Secret;

/// Bytes of a vault, and of one copy of a keybag.
pub const SEALED_BYTES: usize = 4_096;
const MAGIC: [u8; 4] = *b"SLV1";
const SALT_BYTES: usize = 16;
/// Everything before the slots; in the associated data of each.
const HEAD_BYTES: usize = 4 + 3 * 4 + SALT_BYTES;
const SLOTS: u8 = 8;
/// Master key 32, flags 8, pad 24.
const SLOT_PLAIN_BYTES: usize = 64;
/// Nonce 24, plain 64, tag 16.
const SLOT_BYTES: usize = 104;
/// Database key 32, state key 32, sequence 8; the rest is room for later keys.
const KEYBAG_PLAIN_BYTES: usize = SEALED_BYTES - 40;

/// Bounds of the work that a vault may ask for when it is read: a forged one must
/// neither weaken guessing nor eat all memory.
const M_KIB_MIN: u32 = 64 * 1_024;
const M_KIB_MAX: u32 = 256 * 1_024;
const T_MAX: u32 = 10;
const P_MAX: u32 = 8;

/// Why a vault or keybag does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The bytes are no vault, or a keybag of another vault.
    #[error("the bytes are no vault")]
    Malformed,
    /// No slot opens with this passphrase.
    #[error("the passphrase opens no slot")]
    WrongPassphrase,
    /// There is no memory for the key derivation.
    #[error("there is not enough memory to open the vault")]
    Memory,
}

/// What opens the keybag. One for the life of a profile.
#[derive(Debug, PartialEq, Eq)]
pub struct MasterKey(Secret<32>);

/// The vault, 4,096 bytes, little-endian:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | `SLV1` |
/// | 4 | 12 | Argon2id memory in KiB, passes, lanes, u32 each |
/// | 16 | 16 | salt |
/// | 32 | 8 × 104 | slots: nonce 24 ‖ sealed (master key 32 ‖ flags 8 ‖ pad 24) ‖ tag 16 |
/// | 864 | 3,232 | random |
///
/// All eight slots look alike from the first day: unused ones are random.
#[derive(Debug)]
pub struct Vault;

impl Vault {
    /// Draws a master key and seals it with the passphrase into slot 0.
    ///
    /// # Errors
    /// There is no memory for the key derivation.
    pub fn create(
        rng: &mut dyn CryptoRng,
        params: KdfParams,
        passphrase: &str,
    ) -> Result<(Vec<u8>, MasterKey), VaultError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut master = Secret::zeroed();
        rng.fill_bytes(master.expose_mut());
        let mut vault = MAGIC.to_vec();
        for field in [params.m_kib, params.t, params.p] {
            vault.extend_from_slice(&field.to_le_bytes());
        }
        vault.extend_from_slice(&salt);
        let slot_key = slot_key(passphrase, &salt, params, 0)?;
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        let mut plain = Secret::<SLOT_PLAIN_BYTES>::zeroed();
        plain
            .expose_mut()
            .iter_mut()
            .zip(master.expose())
            .for_each(|(to, from)| *to = *from);
        let sealed = xseal(&slot_key, nonce, plain.expose(), &slot_aad(&vault, 0));
        vault.extend(sealed);
        let mut filler = vec![0; SEALED_BYTES - HEAD_BYTES - SLOT_BYTES];
        rng.fill_bytes(&mut filler);
        vault.extend(filler);
        Ok((vault, MasterKey(master)))
    }

    /// Tries the passphrase on every slot. Takes about a second.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn open(vault: &[u8], passphrase: &str) -> Result<MasterKey, VaultError> {
        let (params, salt) = Self::parse(vault)?;
        let kek = kek(passphrase, &salt, params)?;
        let (head, slots) = vault
            .split_at_checked(HEAD_BYTES)
            .ok_or(VaultError::Malformed)?;
        let mut found = None;
        for (number, sealed) in (0..SLOTS).zip(slots.chunks_exact(SLOT_BYTES)) {
            let key = slot_key_of(&kek, number);
            let Some(plain) = xopen(&key, sealed, &slot_aad(head, number)) else {
                continue;
            };
            let mut master = Secret::zeroed();
            master
                .expose_mut()
                .iter_mut()
                .zip(plain.iter())
                .for_each(|(to, from)| *to = *from);
            found = Some(MasterKey(master));
        }
        found.ok_or(VaultError::WrongPassphrase)
    }

    /// Whether the bytes look like a vault; opens nothing.
    #[must_use]
    pub fn is_well_formed(vault: &[u8]) -> bool {
        Self::parse(vault).is_ok()
    }

    fn parse(vault: &[u8]) -> Result<(KdfParams, [u8; SALT_BYTES]), VaultError> {
        let malformed = VaultError::Malformed;
        let vault: &[u8; SEALED_BYTES] = vault.try_into().map_err(|_| malformed)?;
        let rest = vault.strip_prefix(MAGIC.as_slice()).ok_or(malformed)?;
        let (m_kib, rest) = rest.split_first_chunk().ok_or(malformed)?;
        let (t, rest) = rest.split_first_chunk().ok_or(malformed)?;
        let (p, rest) = rest.split_first_chunk().ok_or(malformed)?;
        let salt = *rest.first_chunk().ok_or(malformed)?;
        let params = KdfParams {
            m_kib: u32::from_le_bytes(*m_kib),
            t: u32::from_le_bytes(*t),
            p: u32::from_le_bytes(*p),
        };
        let in_bounds = (M_KIB_MIN..=M_KIB_MAX).contains(&params.m_kib)
            && (1..=T_MAX).contains(&params.t)
            && (1..=P_MAX).contains(&params.p);
        in_bounds.then_some((params, salt)).ok_or(malformed)
    }
}

/// The keys of a profile's files. A copy, 4,096 bytes, is `nonce 24 ‖ sealed
/// (sequence 8 ‖ database key 32 ‖ state key 32 ‖ zeros) ‖ tag 16`.
#[derive(Debug, PartialEq, Eq)]
pub struct Keybag {
    /// Grows with every writing; of two copies the larger is the newer.
    pub sequence: u64,
    /// Opens `profile.db`.
    pub database_key: Secret<32>,
    /// Wraps ratchet state once more (a later release).
    pub state_key: Secret<32>,
}

impl Keybag {
    /// Fresh keys.
    #[must_use]
    pub fn draw(rng: &mut dyn CryptoRng) -> Self {
        let mut keys = Self {
            sequence: 1,
            database_key: Secret::zeroed(),
            state_key: Secret::zeroed(),
        };
        rng.fill_bytes(keys.database_key.expose_mut());
        rng.fill_bytes(keys.state_key.expose_mut());
        keys
    }

    /// One copy.
    #[must_use]
    pub fn seal(&self, rng: &mut dyn CryptoRng, master: &MasterKey) -> Vec<u8> {
        let mut plain = Box::new(Secret::<KEYBAG_PLAIN_BYTES>::zeroed());
        let sequence = self.sequence.to_le_bytes();
        let fields = sequence
            .iter()
            .chain(self.database_key.expose())
            .chain(self.state_key.expose());
        plain
            .expose_mut()
            .iter_mut()
            .zip(fields)
            .for_each(|(to, from)| *to = *from);
        let mut nonce = [0; 24];
        rng.fill_bytes(&mut nonce);
        xseal(&keybag_key(master), nonce, plain.expose(), labels::KEYBAG)
    }

    /// Opens one copy.
    ///
    /// # Errors
    /// It was torn, altered, or sealed by another master key.
    pub fn open(master: &MasterKey, sealed: &[u8]) -> Result<Self, VaultError> {
        let malformed = VaultError::Malformed;
        let plain = xopen(&keybag_key(master), sealed, labels::KEYBAG).ok_or(malformed)?;
        Self::parse(&plain).ok_or(malformed)
    }

    fn parse(plain: &[u8]) -> Option<Self> {
        let (sequence, rest) = plain.split_first_chunk()?;
        let (database_key, rest) = rest.split_first_chunk::<32>()?;
        let state_key = rest.first_chunk::<32>()?;
        Some(Self {
            sequence: u64::from_le_bytes(*sequence),
            database_key: Secret::take(&mut { *database_key }),
            state_key: Secret::take(&mut { *state_key }),
        })
    }
}

/// `KEK = Argon2id(NFKC(passphrase), salt, m, t, p)`.
fn kek(passphrase: &str, salt: &[u8; 16], params: KdfParams) -> Result<Secret<32>, VaultError> {
    let normalised = Zeroizing::new(passphrase.nfkc().collect::<String>());
    argon2id(normalised.as_bytes(), salt, params).map_err(|_| VaultError::Memory)
}

/// `HKDF(0, KEK, "starling/1 vault slot" ‖ number, 32)`: one key for each slot.
fn slot_key_of(kek: &Secret<32>, number: u8) -> Secret<32> {
    hkdf(&[0; 32], kek.expose(), &[labels::VAULT_SLOT, &[number]])
}

fn slot_key(
    passphrase: &str,
    salt: &[u8; 16],
    params: KdfParams,
    number: u8,
) -> Result<Secret<32>, VaultError> {
    Ok(slot_key_of(&kek(passphrase, salt, params)?, number))
}

/// Everything before the slots, and the number: a slot cannot be moved, nor the
/// work parameters changed under it.
fn slot_aad(head: &[u8], number: u8) -> Vec<u8> {
    let mut aad: Vec<u8> = head.iter().copied().take(HEAD_BYTES).collect();
    aad.push(number);
    aad
}

fn keybag_key(master: &MasterKey) -> Secret<32> {
    hkdf(&[0; 32], master.0.expose(), &[labels::KEYBAG])
}

#[cfg(test)]
mod tests;
