//! Who is in a group: keys made for it alone, and what they may do there.

use core::fmt;
use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRng;

use super::super::labels;
use super::super::primitives::{draw_secret, hash, public_key};
use super::super::secret::Secret;

pub use crate::types::{MemberId, Role};

/// Names a group: 32 random bytes.
pub type GroupId = [u8; 32];

impl MemberId {
    /// Of a public signing key.
    #[must_use]
    pub fn new(gid: &GroupId, gsk: &[u8; 32]) -> Self {
        Self(first(&hash(&[labels::GROUP_MEMBER, gid, gsk])))
    }
}

impl Role {
    /// Its byte: 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Member => 0,
            Self::Admin => 1,
            Self::Owner => 2,
        }
    }

    /// The inverse.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Member,
            1 => Self::Admin,
            2 => Self::Owner,
            _ => return None,
        })
    }
}

/// What everybody in the group knows of a member. There is no name: people name each
/// other on their own devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Signs: Ed25519.
    pub gsk: [u8; 32],
    /// Secrets are wrapped to it: X25519. The one with which the member came; later
    /// ones are announced.
    pub mk: [u8; 32],
    /// What it may do.
    pub role: Role,
}

/// The members, by id.
pub type Roster = BTreeMap<MemberId, Member>;

/// `H(MK)[..8]`: names a wrapping key inside an operation.
pub(super) fn mk_id(mk: &[u8; 32]) -> [u8; 8] {
    first(&hash(&[mk]))
}

/// The secrets with which a person comes into a group, drawn for it alone.
pub struct OwnKeys {
    sign: Secret<32>,
    wrap: Secret<32>,
}

impl OwnKeys {
    /// Fresh ones.
    #[must_use]
    pub fn draw(rng: &mut dyn CryptoRng) -> Self {
        Self::from_secrets(draw_secret(rng), draw_secret(rng))
    }

    /// From the seed of GSK and the secret of MK.
    #[must_use]
    pub fn from_secrets(sign: Secret<32>, wrap: Secret<32>) -> Self {
        Self { sign, wrap }
    }

    /// What whoever invites is told: the public keys, with the role to be given.
    #[must_use]
    pub fn member(&self, role: Role) -> Member {
        Member {
            gsk: SigningKey::from_bytes(self.sign.expose())
                .verifying_key()
                .to_bytes(),
            mk: public_key(&self.wrap),
            role,
        }
    }

    /// Both secrets, for the store: the seed of GSK and the secret of MK.
    #[must_use]
    pub fn into_secrets(self) -> (Secret<32>, Secret<32>) {
        (self.sign, self.wrap)
    }
}

impl fmt::Debug for OwnKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnKeys(…)")
    }
}

/// By the key of this seed, over the parts in order.
pub(super) fn sign(seed: &Secret<32>, parts: &[&[u8]]) -> [u8; 64] {
    SigningKey::from_bytes(seed.expose())
        .sign(&parts.concat())
        .to_bytes()
}

/// The first bytes of a hash.
fn first<const N: usize>(full: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32, "no more than there are") };
    let mut bytes = [0; N];
    bytes
        .iter_mut()
        .zip(full)
        .for_each(|(slot, byte)| *slot = *byte);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_group_and_key_and_roles_keep_their_bytes() {
        let ids = [
            MemberId::new(&[1; 32], &[1; 32]),
            MemberId::new(&[1; 32], &[2; 32]),
            MemberId::new(&[2; 32], &[1; 32]),
        ];
        assert_eq!(
            ids.iter().collect::<std::collections::BTreeSet<_>>().len(),
            3
        );
        for role in [Role::Member, Role::Admin, Role::Owner] {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        assert_eq!(Role::from_code(3), None);
        assert!(Role::Member < Role::Admin && Role::Admin < Role::Owner);
    }

    #[test]
    fn snapshot_debug() {
        let keys = OwnKeys::draw(&mut crate::testing::rng(1));
        assert_eq!(format!("{keys:?}"), "OwnKeys(…)");
    }
}
