//! Key use: no two envelopes are sealed with one nonce, crashes or not.
//!
//! The keys differ by channel and day and nonces are random and long, so one nonce
//! must not come twice at all.

use std::collections::BTreeMap;

use crate::types::EnvelopeId;

use super::Findings;

/// Where the nonce stands in an envelope of a channel: behind header and tag.
const NONCE: core::ops::Range<usize> = 32..56;

/// Watches what honest hosts seal.
#[derive(Debug, Default)]
pub(in crate::sim) struct KeyUse {
    nonces: BTreeMap<Vec<u8>, EnvelopeId>,
}

impl KeyUse {
    /// An honest host sealed an envelope.
    pub(in crate::sim) fn sealed(&mut self, id: EnvelopeId, bytes: &[u8], findings: &mut Findings) {
        let Some(nonce) = bytes.get(NONCE) else {
            findings.add(format!("key use: envelope {id} has no nonce"));
            return;
        };
        let first = self.nonces.entry(nonce.to_vec()).or_insert(id);
        if *first != id {
            findings.add(format!(
                "key use: envelopes {first} and {id} have one nonce"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_nonce_in_two_envelopes_is_found_and_one_envelope_seen_twice_is_not() {
        let mut findings = Findings::default();
        let mut checker = KeyUse::default();
        checker.sealed(EnvelopeId([1; 16]), &[7; 480], &mut findings);
        checker.sealed(EnvelopeId([1; 16]), &[7; 480], &mut findings);
        checker.sealed(EnvelopeId([2; 16]), &[8; 480], &mut findings);
        assert!(findings.sentences().is_empty());
        checker.sealed(EnvelopeId([3; 16]), &[8; 480], &mut findings);
        checker.sealed(EnvelopeId([4; 16]), &[8; 40], &mut findings);
        assert_eq!(findings.sentences().len(), 2);
    }
}
