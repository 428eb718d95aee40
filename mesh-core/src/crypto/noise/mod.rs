//! `Noise_NN_25519_ChaChaPoly_BLAKE2s` for links whose carrier does not encrypt
//! (`docs/protocol/datagram.md`).
//!
//! The pattern is snow's, the primitives are ours. Both keys are ephemeral, fresh
//! for each link: whoever only listens learns nothing, and nothing kept can open a
//! recording later. Nobody is authenticated: a neighbour is trusted for nothing,
//! so there is nobody to authenticate. snow itself does not wipe its chaining key.

mod primitives;

use core::fmt;

use rand_core::CryptoRng;
use snow::{Builder, HandshakeState, TransportState};

use super::labels;
use super::secret::Secret;

use primitives::Primitives;

const PATTERN: &str = "Noise_NN_25519_ChaChaPoly_BLAKE2s";
/// Bytes that sealing adds.
pub const SEAL_BYTES: usize = 16;
/// Bytes of a handshake message, at most: a key and a tag.
const MESSAGE_BYTES_MAX: usize = 32 + SEAL_BYTES;

/// The handshake or a sealed record is not what the other side of this link would
/// have sent; or this side's counter of 2⁶⁴ records is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link's encryption failed")]
pub struct NoiseError;

impl From<snow::Error> for NoiseError {
    fn from(_: snow::Error) -> Self {
        // One error for all: which check failed is nobody's business.
        Self
    }
}

/// Which side of a link one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Speaks first.
    Caller,
    /// Answers.
    Called,
}

/// A handshake under way: the caller writes `e`, the called reads it and writes
/// `e, ee`, the caller reads that.
pub struct Handshake(HandshakeState);

impl Handshake {
    /// Draws this side's ephemeral key.
    ///
    /// # Errors
    /// Never in practice: the pattern is a constant.
    pub fn new(side: Side, rng: &mut dyn CryptoRng) -> Result<Self, NoiseError> {
        let mut drawn = Secret::zeroed();
        rng.fill_bytes(drawn.expose_mut());
        begin(side, labels::LINK_NOISE, drawn).map(Self)
    }

    /// This side's next message.
    ///
    /// # Errors
    /// It is not this side's turn.
    pub fn write(&mut self) -> Result<Vec<u8>, NoiseError> {
        // snow wants room for a tag even where there is none.
        let mut message = [0; MESSAGE_BYTES_MAX + SEAL_BYTES];
        let length = self.0.write_message(&[], &mut message)?;
        message.get(..length).map(<[u8]>::to_vec).ok_or(NoiseError)
    }

    /// The other side's next message. It has no payload.
    ///
    /// # Errors
    /// It is none, or not its turn.
    pub fn read(&mut self, message: &[u8]) -> Result<(), NoiseError> {
        if message.len() > MESSAGE_BYTES_MAX {
            return Err(NoiseError);
        }
        let mut payload = [0; MESSAGE_BYTES_MAX];
        match self.0.read_message(message, &mut payload)? {
            0 => Ok(()),
            _ => Err(NoiseError),
        }
    }

    /// Whether both messages are through.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.is_handshake_finished()
    }

    /// The two ciphers it was for.
    ///
    /// # Errors
    /// It is not finished.
    pub fn finish(self) -> Result<Session, NoiseError> {
        Ok(Session(self.0.into_transport_mode()?))
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake(…)")
    }
}

/// Two ciphers, one for each direction, over records that come in order and once.
pub struct Session(TransportState);

impl Session {
    /// `ChaCha20-Poly1305(key, counter, record)`; the counter goes up by one.
    ///
    /// # Errors
    /// The record is above 65,519 bytes, or the counter is at its end.
    pub fn seal(&mut self, record: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let mut sealed = vec![0; record.len() + SEAL_BYTES];
        let length = self.0.write_message(record, &mut sealed)?;
        (length == sealed.len()).then_some(sealed).ok_or(NoiseError)
    }

    /// The inverse of [`Self::seal`], for the other side's next record.
    ///
    /// # Errors
    /// Whatever else came. The link is of no use any more.
    pub fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, NoiseError> {
        let length = sealed.len().checked_sub(SEAL_BYTES).ok_or(NoiseError)?;
        let mut record = vec![0; length];
        let opened = self.0.read_message(sealed, &mut record)?;
        (opened == length).then_some(record).ok_or(NoiseError)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(…)")
    }
}

fn begin(side: Side, prologue: &[u8], drawn: Secret<32>) -> Result<HandshakeState, NoiseError> {
    let pattern = PATTERN.parse().map_err(|_| NoiseError)?;
    let resolver = Box::new(Primitives::new(drawn));
    let builder = Builder::with_resolver(pattern, resolver).prologue(prologue)?;
    Ok(match side {
        Side::Caller => builder.build_initiator()?,
        Side::Called => builder.build_responder()?,
    })
}

#[cfg(test)]
mod tests;
