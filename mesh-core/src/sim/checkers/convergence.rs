//! Convergence: after quiet, honest hosts hold equal sets of honest envelopes.

use std::collections::BTreeSet;

use super::Findings;

/// Compares sets at the end.
#[derive(Debug, Default)]
pub(in crate::sim) struct Convergence;

impl Convergence {
    /// What each host holds, by number of envelope. Adversaries, and what they
    /// made, are left out by the caller.
    pub(in crate::sim) fn at_end(self, held: &[(u32, BTreeSet<u32>)], findings: &mut Findings) {
        let all: BTreeSet<u32> = held.iter().flat_map(|(_, held)| held).copied().collect();
        for (host, held) in held {
            let missing = all.difference(held).count();
            if missing > 0 {
                findings.add(format!(
                    "convergence: host {host} lacks {missing} of {} envelopes that others hold",
                    all.len()
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_lacks_what_others_hold_is_found() {
        let set = |numbers: &[u32]| numbers.iter().copied().collect::<BTreeSet<u32>>();
        let mut findings = Findings::default();
        Convergence.at_end(&[(0, set(&[1, 2])), (1, set(&[1, 2]))], &mut findings);
        assert!(findings.sentences().is_empty());
        Convergence.at_end(&[(0, set(&[1, 2])), (1, set(&[2]))], &mut findings);
        assert_eq!(findings.sentences().len(), 1);
    }
}
