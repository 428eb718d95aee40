//! Links as a carrier presents them.

use crate::redact::Redacted;

/// What carries a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// Local network, over libp2p.
    Lan,
    /// Bluetooth LE.
    Ble,
    /// Files carried by hand.
    Courier,
}

/// What a carrier knows of a link when it comes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    /// What carries it.
    pub kind: LinkKind,
    /// Whether this side called.
    pub outbound: bool,
    /// Where the other end is, `IP:PORT`.
    pub address: Option<Redacted<String>>,
}
