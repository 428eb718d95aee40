//! Confidentiality: nothing of a text and no key in any byte that leaves a host,
//! and nobody shown what was written to others.

use super::Findings;

/// Watches bytes and readers.
#[derive(Debug)]
pub(in crate::sim) struct Confidentiality {
    /// What must never be seen, and what to call it.
    secrets: Vec<(&'static str, Vec<u8>)>,
}

impl Confidentiality {
    /// `secrets` are runs of bytes that stand in texts or keys, 8 bytes or more.
    pub(in crate::sim) fn new(secrets: Vec<(&'static str, Vec<u8>)>) -> Self {
        Self { secrets }
    }

    /// Bytes leave a host.
    pub(in crate::sim) fn transmitted(&self, host: u32, bytes: &[u8], findings: &mut Findings) {
        for (name, secret) in &self.secrets {
            if holds(bytes, secret) {
                findings.add(format!("confidentiality: host {host} sent {name} in clear"));
            }
        }
    }

    /// A host shows its person a message.
    pub(in crate::sim) fn shown(
        &self,
        host: u32,
        message: u32,
        is_for: bool,
        findings: &mut Findings,
    ) {
        if !is_for {
            findings.add(format!(
                "confidentiality: host {host} shows message {message}, which is for others"
            ));
        }
    }
}

/// Whether a run of bytes stands in others.
fn holds(bytes: &[u8], run: &[u8]) -> bool {
    let Some(first) = run.first() else {
        return false;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let Some(from) = rest.get(at..) else {
            return false;
        };
        if from.starts_with(run) {
            return true;
        }
        rest = from.get(1..).unwrap_or(&[]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_in_clear_and_wrong_reader_are_found() {
        let checker = Confidentiality::new(vec![("a text", b"canary".to_vec())]);
        let mut findings = Findings::default();
        checker.transmitted(1, b"ccanarcanar y", &mut findings);
        checker.shown(1, 7, true, &mut findings);
        assert!(findings.sentences().is_empty());
        checker.transmitted(1, b"xx canary", &mut findings);
        checker.transmitted(2, b"ccanary", &mut findings);
        checker.shown(1, 7, false, &mut findings);
        assert_eq!(findings.sentences().len(), 3);
    }
}
