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

/// How a carrier moves bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkShape {
    /// In order and without loss, cut anywhere.
    Pipe,
    /// Whole datagrams that may be lost, doubled or overtaken.
    Datagrams {
        /// Bytes of one datagram, at most.
        mtu: usize,
    },
}

/// What a carrier knows of a link when it comes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInfo {
    /// What carries it.
    pub kind: LinkKind,
    /// Whether this side called.
    pub outbound: bool,
    /// How bytes travel on it.
    pub shape: LinkShape,
    /// Where the other end is, `IP:PORT`.
    pub address: Option<Redacted<String>>,
}
