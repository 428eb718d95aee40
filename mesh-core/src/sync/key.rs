//! The key of a link, and the short ids that it makes.
//!
//! Only the two ends of a link know it, so that nobody else can make two ids
//! collide, or two sets look alike, between them.

use std::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::types::EnvelopeId;

/// Context of BLAKE3 `derive_key` over both random values of Hello, the smaller first.
const LINK_CONTEXT: &str = "starling/1 link";

/// Keys the short ids of one link.
#[derive(Clone)]
pub struct LinkKey {
    sip: SipHasher13,
    check: u64,
}

/// An id as one link knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    /// The short id itself.
    pub short: u64,
    /// A bit for each counter of a sample.
    pub signs: u16,
}

impl LinkKey {
    /// The key of the link on which these two random values were said.
    #[must_use]
    pub fn new(ours: &[u8; 32], theirs: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(LINK_CONTEXT);
        hasher.update(ours.min(theirs));
        hasher.update(ours.max(theirs));
        let mut words = [[0; 8]; 3];
        hasher.finalize_xof().fill(words.as_flattened_mut());
        let [first, second, check] = words.map(u64::from_le_bytes);
        Self {
            sip: SipHasher13::new_with_keys(first, second),
            check,
        }
    }

    /// SipHash-1-3-128 of an id: the first 8 bytes are the short id, the next two
    /// its signs.
    #[must_use]
    pub fn short(&self, id: EnvelopeId) -> Short {
        let mut sip = self.sip;
        sip.write(&id.0);
        let hash = sip.finish128();
        Short {
            short: hash.h1,
            signs: hash.h2 as u16,
        }
    }

    /// A keyed mix of a short id (the finaliser of MurmurHash3): tells one short id
    /// from the xor of several, to whoever knows the key and nobody else.
    #[must_use]
    pub fn check(&self, short: u64) -> u32 {
        let mut mixed = short ^ self.check;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (mixed >> 32) as u32
    }
}

impl core::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LinkKey(…)")
    }
}
