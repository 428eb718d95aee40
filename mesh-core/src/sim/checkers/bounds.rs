//! Bounds: no store and no link holds more than `limits.rs` allows.

use crate::limits::FRAME_BYTES_LAN_MAX;
use crate::link::Allowance;
use crate::types::LinkKind;

use super::Findings;

/// Bytes of a frame's length on a pipe.
const LENGTH_BYTES: usize = 2;

/// Watches stores and links.
#[derive(Debug)]
pub(in crate::sim) struct Bounds {
    store_bytes_max: u64,
    link_bytes_max: usize,
}

impl Bounds {
    pub(in crate::sim) fn new(store_bytes_max: u64, kind: LinkKind) -> Self {
        let allowance = Allowance::of(kind);
        // A frame goes out while there is credit, and may go beyond it by itself.
        let link_bytes_max = allowance.credit_bytes + allowance.frame_bytes_max + LENGTH_BYTES;
        Self {
            store_bytes_max,
            link_bytes_max,
        }
    }

    /// A host holds so many sealed bytes after a commit.
    pub(in crate::sim) fn stored(&self, host: u32, bytes: u64, findings: &mut Findings) {
        if bytes > self.store_bytes_max {
            let max = self.store_bytes_max;
            findings.add(format!(
                "bounds: host {host} stores {bytes} bytes, more than {max}"
            ));
        }
    }

    /// A host gave a link bytes, and so many wait there with them.
    pub(in crate::sim) fn transmitted(
        &self,
        host: u32,
        bytes: usize,
        waiting_bytes: usize,
        findings: &mut Findings,
    ) {
        if bytes == 0 || bytes > FRAME_BYTES_LAN_MAX + LENGTH_BYTES {
            findings.add(format!("bounds: host {host} sent {bytes} bytes at once"));
        }
        if waiting_bytes > self.link_bytes_max {
            let max = self.link_bytes_max;
            findings.add(format!(
                "bounds: {waiting_bytes} bytes of host {host} wait on one link, more than {max}"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_a_bound_is_found_and_what_is_at_it_is_not() {
        let bounds = Bounds::new(1_000, LinkKind::Ble);
        let most = bounds.link_bytes_max;
        let mut findings = Findings::default();
        bounds.stored(1, 1_000, &mut findings);
        bounds.transmitted(1, 500, most, &mut findings);
        assert!(findings.sentences().is_empty());
        bounds.stored(1, 1_001, &mut findings);
        bounds.transmitted(1, 500, most + 1, &mut findings);
        bounds.transmitted(1, 0, 0, &mut findings);
        bounds.transmitted(1, FRAME_BYTES_LAN_MAX + 3, 0, &mut findings);
        assert_eq!(findings.sentences().len(), 4);
    }
}
