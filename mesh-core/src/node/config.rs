//! What a node needs to know before it starts.

use std::net::SocketAddr;
use std::path::PathBuf;

/// How much work a passphrase guess costs, fixed when a profile is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KdfCost {
    /// Argon2id calibrated on this machine to 0.7–1.5 s, at least the floor.
    #[default]
    Calibrated,
    /// Argon2id with 64 MiB, t = 3, p = 4 (RFC 9106, second choice): for tests.
    Floor,
}

/// How to run one node.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// Profile folder; created where it is missing.
    pub profile: PathBuf,
    /// Addresses to listen on; port 0 lets the system choose. Empty: the LAN
    /// carrier is off. With loopback addresses only, discovery stays on loopback.
    pub listen: Vec<SocketAddr>,
    /// Addresses to call and keep calling.
    pub dial: Vec<SocketAddr>,
    /// Whether to look for others and be found (mDNS, beacon).
    pub discovery: bool,
    /// Own messages wait, up to a minute, until others' go out with them.
    pub careful: bool,
    /// Used only when a profile is created.
    pub kdf: KdfCost,
}

impl NodeConfig {
    /// Listens on every interface, any port, with discovery: what the window uses.
    #[must_use]
    pub fn new(profile: PathBuf) -> Self {
        Self {
            profile,
            listen: vec![
                SocketAddr::from(([0, 0, 0, 0], 0)),
                SocketAddr::from(([0u16; 8], 0)),
            ],
            dial: Vec::new(),
            discovery: true,
            careful: false,
            kdf: KdfCost::Calibrated,
        }
    }
}
