//! Vault and keybag: bytes in, keys out. No files, no clock
//! (`docs/protocol/store.md`, "Vault").
//!
//! The vault turns a passphrase into the master key, the keybag holds what the
//! master key opens. A passphrase can so be changed without touching a database.

use rand_core::CryptoRng;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::redact::Redacted;

use super::labels;
use super::primitives::{KdfParams, argon2id, draw_secret, hkdf, xopen, xseal};
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
/// What a slot is for, where the duress passphrase is, and room.
const FLAG_BYTES: usize = 8;
/// A slot of the person's own passphrase.
const OWN: u8 = 0;
/// A slot of the passphrase to be given under duress.
const DURESS: u8 = 1;
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
    /// A new passphrase that opens a slot already.
    #[error("the passphrase is in use already")]
    Taken,
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
/// All eight slots look alike from the first day: unused ones are random. The first flag
/// says what the slot is for, the second which slot holds the duress passphrase, plus
/// one: whoever opens the profile must not overwrite it unawares. The pad holds the name
/// of the decoy, as the duress passphrase knows no other place to find it.
#[derive(Debug)]
pub struct Vault;

/// What a passphrase opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// Opens the keybag; for duress, one that is still to be made.
    pub master: MasterKey,
    /// The name of the decoy, if this is the passphrase to be given under duress: every
    /// other slot and the keybag are to be overwritten before anything else is done.
    pub decoy: Option<Redacted<String>>,
    slot: u8,
    /// The slot of the duress passphrase, if one is set.
    duress: Option<u8>,
}

impl Opened {
    /// Whether a duress passphrase is set.
    #[must_use]
    pub fn has_duress(&self) -> bool {
        self.duress.is_some()
    }

    fn flags(&self) -> [u8; FLAG_BYTES] {
        let duress = self.duress.map_or(0, |slot| slot.saturating_add(1));
        let purpose = if self.decoy.is_some() { DURESS } else { OWN };
        [purpose, duress, 0, 0, 0, 0, 0, 0]
    }

    /// The content of its slot.
    fn fields(&self) -> impl Iterator<Item = u8> {
        let master = self.master.0.expose().iter().copied();
        let name = self
            .decoy
            .as_ref()
            .map_or("", |name| name.0.as_str())
            .bytes();
        master.chain(self.flags()).chain(name)
    }
}

impl Vault {
    /// Draws a master key and seals it with the passphrase into a slot.
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
        let mut vault = MAGIC.to_vec();
        for field in [params.m_kib, params.t, params.p] {
            vault.extend_from_slice(&field.to_le_bytes());
        }
        vault.extend_from_slice(&salt);
        let mut filler = vec![0; SEALED_BYTES - HEAD_BYTES];
        rng.fill_bytes(&mut filler);
        vault.extend(filler);
        let opened = Opened {
            master: MasterKey::draw(rng),
            decoy: None,
            slot: 0,
            duress: None,
        };
        let kek = kek(passphrase, &salt, params)?;
        let vault = with_slot(&vault, &kek, rng, &opened).ok_or(VaultError::Malformed)?;
        Ok((vault, opened.master))
    }

    /// Tries the passphrase on every slot. Takes about a second.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub fn open(vault: &[u8], passphrase: &str) -> Result<Opened, VaultError> {
        let (params, salt) = Self::parse(vault)?;
        let kek = kek(passphrase, &salt, params)?;
        open_slots(vault, &kek).ok_or(VaultError::WrongPassphrase)
    }

    /// Puts another passphrase in the place of the one that opened the vault. Gives the
    /// vault twice: with both, to be written and opened before anything is lost, and then
    /// without the old one. Takes about a second.
    ///
    /// # Errors
    /// See [`VaultError`]; [`VaultError::Taken`] if the new one opens a slot already.
    pub fn change(
        rng: &mut dyn CryptoRng,
        vault: &[u8],
        opened: &Opened,
        passphrase: &str,
    ) -> Result<[Vec<u8>; 2], VaultError> {
        let (kek, _) = Self::fresh(vault, passphrase)?;
        Self::moved(rng, vault, &kek, opened)
    }

    /// Sets the passphrase to be given under duress, with a name of at most 24 bytes for
    /// the decoy, or takes it back. The slot of the own one moves, because it says which
    /// the other is: gives the vault twice, as [`Vault::change`] does.
    ///
    /// # Errors
    /// See [`VaultError`]; [`VaultError::Taken`] if the duress passphrase opens a slot
    /// already, the own one above all.
    pub fn set_duress(
        rng: &mut dyn CryptoRng,
        vault: &[u8],
        own: &str,
        duress: Option<(&str, &str)>,
    ) -> Result<[Vec<u8>; 2], VaultError> {
        let mut opened = Self::open(vault, own)?;
        let (params, salt) = Self::parse(vault)?;
        let before = opened.duress.take();
        let mut vault = without_slots(vault, rng, |slot| Some(slot) == before);
        if let Some((duress, name)) = duress {
            let (kek, _) = Self::fresh(&vault, duress)?;
            let other = Opened {
                master: MasterKey::draw(rng),
                decoy: Some(Redacted(name.to_owned())),
                slot: opened.free_slot(rng),
                duress: None,
            };
            vault = with_slot(&vault, &kek, rng, &other).ok_or(VaultError::Malformed)?;
            opened.duress = Some(other.slot);
        }
        let kek = kek(own, &salt, params)?;
        Self::moved(rng, &vault, &kek, &opened)
    }

    /// The vault with another slot in the place of one, first with both.
    fn moved(
        rng: &mut dyn CryptoRng,
        vault: &[u8],
        kek: &Secret<32>,
        opened: &Opened,
    ) -> Result<[Vec<u8>; 2], VaultError> {
        let moved = Opened {
            master: opened.master.again(),
            decoy: opened.decoy.clone(),
            slot: opened.free_slot(rng),
            duress: opened.duress,
        };
        let both = with_slot(vault, kek, rng, &moved).ok_or(VaultError::Malformed)?;
        let last = without_slots(&both, rng, |slot| slot == opened.slot);
        Ok([both, last])
    }

    /// Overwrites every slot but the one that was opened.
    #[must_use]
    pub fn only(rng: &mut dyn CryptoRng, vault: &[u8], opened: &Opened) -> Vec<u8> {
        without_slots(vault, rng, |slot| slot != opened.slot)
    }

    /// The slots in which a vault differs from another of the same head, and where each
    /// lies: all that has to be written.
    #[must_use]
    pub fn changed_slots<'a>(before: &[u8], after: &'a [u8]) -> Vec<(u64, &'a [u8])> {
        let slots = |vault: &'a [u8]| vault.get(HEAD_BYTES..).unwrap_or_default();
        let olds = before.get(HEAD_BYTES..).unwrap_or_default();
        let pairs = slots(after)
            .chunks_exact(SLOT_BYTES)
            .zip(olds.chunks_exact(SLOT_BYTES));
        let pairs = (0_u64..).zip(pairs).take(usize::from(SLOTS));
        let changed = pairs.filter(|(_, (new, old))| new != old);
        changed
            .map(|(slot, (new, _))| (HEAD_BYTES as u64 + slot * SLOT_BYTES as u64, new))
            .collect()
    }

    /// Whether the bytes look like a vault; opens nothing.
    #[must_use]
    pub fn is_well_formed(vault: &[u8]) -> bool {
        Self::parse(vault).is_ok()
    }

    /// The key of a passphrase that opens no slot yet.
    fn fresh(vault: &[u8], passphrase: &str) -> Result<(Secret<32>, KdfParams), VaultError> {
        let (params, salt) = Self::parse(vault)?;
        let kek = kek(passphrase, &salt, params)?;
        match open_slots(vault, &kek) {
            Some(_) => Err(VaultError::Taken),
            None => Ok((kek, params)),
        }
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

impl MasterKey {
    fn draw(rng: &mut dyn CryptoRng) -> Self {
        Self(draw_secret(rng))
    }

    fn again(&self) -> Self {
        let mut copy = Secret::zeroed();
        *copy.expose_mut() = *self.0.expose();
        Self(copy)
    }
}

impl Opened {
    /// A slot that neither of the passphrases is in, drawn: its place says nothing.
    fn free_slot(&self, rng: &mut dyn CryptoRng) -> u8 {
        let free = |slot: &u8| *slot != self.slot && Some(*slot) != self.duress;
        let slots: Vec<u8> = (0..SLOTS).filter(free).collect();
        let drawn = usize::try_from(rng.next_u32()).unwrap_or(0);
        let chosen = slots.get(drawn.checked_rem(slots.len()).unwrap_or(0));
        chosen.copied().unwrap_or(0)
    }
}

/// Tries a key on every slot, the right one too: how long it takes says nothing.
fn open_slots(vault: &[u8], kek: &Secret<32>) -> Option<Opened> {
    let (head, slots) = vault.split_at_checked(HEAD_BYTES)?;
    let mut found = None;
    for (slot, sealed) in (0..SLOTS).zip(slots.chunks_exact(SLOT_BYTES)) {
        let key = slot_key(kek, slot);
        let Some(plain) = xopen(&key, sealed, &slot_aad(head, slot)) else {
            continue;
        };
        found = read_slot(&plain, slot).or(found);
    }
    found
}

fn read_slot(plain: &[u8], slot: u8) -> Option<Opened> {
    let (master, rest) = plain.split_first_chunk::<32>()?;
    let ([purpose, duress, ..], name) = rest.split_first_chunk::<FLAG_BYTES>()?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = str::from_utf8(name).unwrap_or_default().to_owned();
    Some(Opened {
        master: MasterKey(Secret::take(&mut { *master })),
        decoy: (*purpose == DURESS).then_some(Redacted(name)),
        slot,
        duress: duress.checked_sub(1).filter(|slot| *slot < SLOTS),
    })
}

/// The same vault with one slot sealed anew. `None` for bytes that are no vault.
fn with_slot(
    vault: &[u8],
    kek: &Secret<32>,
    rng: &mut dyn CryptoRng,
    opened: &Opened,
) -> Option<Vec<u8>> {
    let head = vault.get(..HEAD_BYTES)?;
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    let mut plain = Secret::<SLOT_PLAIN_BYTES>::zeroed();
    let bytes = plain.expose_mut().iter_mut();
    bytes.zip(opened.fields()).for_each(|(to, from)| *to = from);
    let key = slot_key(kek, opened.slot);
    let sealed = xseal(&key, nonce, plain.expose(), &slot_aad(head, opened.slot));
    let mut vault = vault.to_vec();
    let from = HEAD_BYTES + usize::from(opened.slot) * SLOT_BYTES;
    let place = vault.get_mut(from..from + SLOT_BYTES)?;
    (sealed.len() == place.len()).then(|| place.copy_from_slice(&sealed))?;
    Some(vault)
}

/// The same vault with some slots overwritten.
fn without_slots(vault: &[u8], rng: &mut dyn CryptoRng, is_gone: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut vault = vault.to_vec();
    let slots = vault.get_mut(HEAD_BYTES..).unwrap_or_default();
    for (slot, bytes) in (0..SLOTS).zip(slots.chunks_exact_mut(SLOT_BYTES)) {
        if is_gone(slot) {
            rng.fill_bytes(bytes);
        }
    }
    vault
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
fn slot_key(kek: &Secret<32>, number: u8) -> Secret<32> {
    hkdf(&[0; 32], kek.expose(), &[labels::VAULT_SLOT, &[number]])
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
