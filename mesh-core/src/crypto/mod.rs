//! Keys, sealing, tags, the vault. Everything random comes in as an argument.
//!
//! Floor 1; may use `wire`. Formulas and sources stand with each function; the
//! protocol page is `docs/protocol/crypto.md`.
//!
//! | primitive | crate | source |
//! |---|---|---|
//! | Ed25519, strict verification | ed25519-dalek | RFC 8032 |
//! | X25519 | x25519-dalek | RFC 7748 |
//! | ChaCha20-Poly1305 | chacha20poly1305 | RFC 8439 |
//! | XChaCha20-Poly1305 | chacha20poly1305 | draft-irtf-cfrg-xchacha-03 |
//! | HKDF, HMAC with SHA-256 | hkdf, hmac, sha2 | RFC 5869, RFC 2104 |
//! | Argon2id | argon2 | RFC 9106 |
//! | HPKE, mode Base | ours, of the above | RFC 9180 |
//! | X-Wing: X25519 and ML-KEM-768 | x-wing, ml-kem | draft-connolly-cfrg-xwing-kem, FIPS 203 |
//! | Noise NN, BLAKE2s, ChaCha20-Poly1305 | snow, blake2, chacha20poly1305 | Noise rev. 34, RFC 7693, RFC 8439 |

pub mod bundle;
pub mod channel;
pub mod copy;
pub mod group;
pub mod identity;
pub mod kem;
pub mod knock;
mod labels;
pub mod names;
pub mod noise;
mod padding;
pub mod prekeys;
mod primitives;
pub mod seal;
pub mod secret;
pub mod session;
pub mod tags;
pub mod vault;
pub mod verify;
pub mod words;

pub use primitives::{KdfError, KdfParams};
