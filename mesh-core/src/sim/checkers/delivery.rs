//! Delivery: what an author's device said to have kept reaches every honest host.

use super::Findings;

/// Looks at the end for who lacks what.
#[derive(Debug, Default)]
pub(in crate::sim) struct Delivery;

impl Delivery {
    /// A message that was acknowledged to its author, how many were to get it, and
    /// those of them who did not.
    pub(in crate::sim) fn at_end(
        &self,
        message: u32,
        due: u64,
        missing: &[u32],
        findings: &mut Findings,
    ) {
        if let Some(first) = missing.first() {
            findings.add(format!(
                "delivery: message {message} did not reach {} of {due} hosts, among them {first}",
                missing.len()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_somebody_lacks_is_found() {
        let mut findings = Findings::default();
        Delivery.at_end(1, 4, &[], &mut findings);
        assert!(findings.sentences().is_empty());
        Delivery.at_end(2, 4, &[3], &mut findings);
        assert_eq!(findings.sentences().len(), 1);
    }
}
