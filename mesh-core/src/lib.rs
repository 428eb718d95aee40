//! Starling's mesh: floods sealed messages over whatever is near.
//!
//! The house is built in floors (`docs/ARCHITECTURE.md`); a module may import
//! from its own floor's folder and from lower floors only. Floors 0 to 4 build
//! with `--no-default-features`.

// Floor 0: plain data.
pub mod limits;
pub mod redact;
pub mod types;

// Floor 1: encodings, cryptography, and the app's vocabulary.
pub mod api;
pub mod crypto;
pub mod wire;

// Floor 2: state machines, no store, no clock.
pub mod gossip;
pub mod link;
pub mod router;
pub mod sync;

// Floor 3: persistence.
pub mod store;

// Floor 4: the whole protocol.
pub mod engine;

// Floor 5: real links.
#[cfg(feature = "lan")]
pub mod transport;

// Floor 6: the running node.
#[cfg(feature = "node")]
pub mod node;

// Beside the floors: a crowd on virtual time.
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
