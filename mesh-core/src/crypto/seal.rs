//! Sealing and opening posts of a channel: the only entry other floors use.
//!
//! `envelope = header 16 ‖ tag 16 ‖ nonce 24 ‖ XChaCha20-Poly1305(K, nonce,
//! padded, AAD = header ‖ tag)`, `padded = length ‖ post ‖ zeros`, `post =
//! pseudonym 32 ‖ signature 64 ‖ inner`. *Open* means that AEAD, padding, codec
//! and signature have all passed; before that nothing is shown, stored or counted.

use zeroize::Zeroizing;

use crate::limits::{
    CHANNEL_TAG_SLOTS, ENVELOPE_BYTES_LARGE, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL,
    HEADER_BYTES, NAME_BYTES_MAX, SOS_BYTES_MAX, TAG_BYTES,
};
use crate::types::{MessageClass, MessageId};
use crate::wire::inner::{Inner, TextPart};

use super::channel::{ChannelDay, Pseudonym, verify};
use super::labels;
use super::padding::{LENGTH_BYTES, pad, unpad};
use super::primitives::{XSEAL_OVERHEAD_BYTES, hash, xopen, xseal};

/// Header and tag: in clear, and in the associated data.
const CLEAR_BYTES: usize = HEADER_BYTES + TAG_BYTES;
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
/// The longest encoding of everything in an inner message but name and text:
/// version 1, kind 3, id 16, seq 5, sent 9, ack base 5, ack bits 9, expire 5, name
/// length 1, body length 3, index and count 2.
const INNER_OVERHEAD_BYTES: usize = 59;
/// Everything in an envelope but name and text.
const OVERHEAD_BYTES: usize = CLEAR_BYTES
    + XSEAL_OVERHEAD_BYTES
    + LENGTH_BYTES
    + KEY_BYTES
    + SIGNATURE_BYTES
    + INNER_OVERHEAD_BYTES;
const _: () = assert!(OVERHEAD_BYTES + NAME_BYTES_MAX < ENVELOPE_BYTES_SMALL);
// An SOS takes two envelopes at most, whatever its author is called: one holds 227
// bytes beside the longest name.
const _: () =
    assert!(SOS_BYTES_MAX <= 2 * (ENVELOPE_BYTES_SMALL - OVERHEAD_BYTES - NAME_BYTES_MAX));

/// The post does not fit, or there is no such envelope size or slot: the caller's
/// mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the post does not fit its envelope")]
pub struct SealError;

/// Not a post of this channel and day. One error for every cause: a difference
/// would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the envelope does not open")]
pub struct OpenError;

/// Everything a sealing needs beside the message.
#[derive(Debug)]
pub struct PostSeal<'a> {
    /// Keys of the channel today.
    pub day: &'a ChannelDay,
    /// Who signs.
    pub pseudonym: &'a Pseudonym,
    /// The clear header, encoded.
    pub header: [u8; HEADER_BYTES],
    /// Random, below [`CHANNEL_TAG_SLOTS`]: readers watch no other.
    pub slot: u16,
    /// Random, used once.
    pub nonce: [u8; 24],
    /// 480, 1,920 or 15,360.
    pub envelope_bytes: usize,
}

/// An opened post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The pseudonym whose signature was checked.
    pub author: [u8; 32],
    /// What it says.
    pub inner: Inner,
}

/// `H("starling/1 message id" ‖ author ‖ drawn)[..16]`: what a message is known by at
/// every reader. Bound to the author, or somebody else could take the id of a
/// message and stand in its place.
#[must_use]
pub fn message_id(author: &[u8; 32], drawn: MessageId) -> MessageId {
    let mut id = [0; 16];
    let full = hash(&[labels::MESSAGE_ID, author, &drawn.0]);
    id.iter_mut()
        .zip(full)
        .for_each(|(slot, byte)| *slot = byte);
    MessageId(id)
}

/// Seals a message into a whole envelope.
///
/// # Errors
/// It does not fit ([`cut_text`] gives pieces that do), or the size or slot does
/// not exist.
pub fn seal_post(seal: &PostSeal<'_>, inner: &Inner) -> Result<Vec<u8>, SealError> {
    if !is_envelope(seal.envelope_bytes) || seal.slot >= CHANNEL_TAG_SLOTS {
        return Err(SealError);
    }
    let inner = Zeroizing::new(inner.encode().ok_or(SealError)?);
    let signature = seal.pseudonym.sign(&seal.day.signed_bytes(&inner));
    let post = Zeroizing::new([&seal.pseudonym.public()[..], &signature, &inner].concat());
    let mut envelope = [&seal.header[..], &seal.day.tag(seal.slot)].concat();
    let padded_bytes = seal
        .envelope_bytes
        .checked_sub(CLEAR_BYTES + XSEAL_OVERHEAD_BYTES)
        .ok_or(SealError)?;
    let padded = Zeroizing::new(pad(&post, padded_bytes).ok_or(SealError)?);
    let sealed = xseal(&seal.day.body_key, seal.nonce, &padded, &envelope);
    envelope.extend(sealed);
    Ok(envelope)
}

/// Opens an envelope whose tag belongs to this channel and day. Ask only for the
/// day that [`super::tags::TagTable`] gives for the tag: the seal does not commit
/// to its key, the tag does.
///
/// # Errors
/// It is no post of this channel and day, whatever the cause.
pub fn open_post(day: &ChannelDay, envelope: &[u8]) -> Result<Post, OpenError> {
    if !is_envelope(envelope.len()) {
        return Err(OpenError);
    }
    let (clear, sealed) = envelope.split_at_checked(CLEAR_BYTES).ok_or(OpenError)?;
    let padded = xopen(&day.body_key, sealed, clear).ok_or(OpenError)?;
    let post = unpad(&padded).ok_or(OpenError)?;
    let (author, rest) = post.split_first_chunk::<KEY_BYTES>().ok_or(OpenError)?;
    let (signature, inner) = rest
        .split_first_chunk::<SIGNATURE_BYTES>()
        .ok_or(OpenError)?;
    if !verify(author, &day.signed_bytes(inner), signature) {
        return Err(OpenError);
    }
    let inner = Inner::decode(inner).map_err(|_| OpenError)?;
    Ok(Post {
        author: *author,
        inner,
    })
}

fn is_envelope(bytes: usize) -> bool {
    matches!(
        bytes,
        ENVELOPE_BYTES_SMALL | ENVELOPE_BYTES_MEDIUM | ENVELOPE_BYTES_LARGE
    )
}

/// A piece of a text and the envelope it goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutPart {
    /// 480 or 1,920.
    pub envelope_bytes: usize,
    /// The piece.
    pub part: TextPart,
}

/// Bytes of text that surely fit an envelope beside a name.
fn room(envelope_bytes: usize, name: &str) -> usize {
    envelope_bytes.saturating_sub(OVERHEAD_BYTES + name.len())
}

/// Cuts a text of 1 to [`crate::limits::TEXT_BYTES_MAX`] bytes into the fewest
/// envelopes, then bytes: one of 480, one of 1,920, or one of 1,920 and one or two
/// of 480 (1,920 + 480 hold 1,896 bytes beside the longest name).
#[must_use]
pub fn cut_text(text: &str, name: &str) -> Vec<CutPart> {
    cut(MessageClass::Text, text, name)
}

/// The same for a text of either class. An SOS of 1 to
/// [`crate::limits::SOS_BYTES_MAX`] bytes is cut into one or two of 480: larger ones
/// are not pushed unasked.
#[must_use]
pub fn cut(class: MessageClass, text: &str, name: &str) -> Vec<CutPart> {
    let (small, medium) = (
        room(ENVELOPE_BYTES_SMALL, name),
        room(ENVELOPE_BYTES_MEDIUM, name),
    );
    let mut rest = text.as_bytes();
    let mut pieces: Vec<(usize, &[u8])> = Vec::new();
    if class == MessageClass::Text && rest.len() > small {
        let (first, more) = rest.split_at_checked(medium).unwrap_or((rest, &[]));
        pieces.push((ENVELOPE_BYTES_MEDIUM, first));
        rest = more;
    }
    pieces.extend(
        rest.chunks(small)
            .map(|piece| (ENVELOPE_BYTES_SMALL, piece)),
    );
    let count = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    let parts = (0..count)
        .zip(pieces)
        .map(|(index, (envelope_bytes, bytes))| CutPart {
            envelope_bytes,
            part: TextPart {
                index,
                count,
                bytes: bytes.to_vec(),
            },
        });
    parts.collect()
}

#[cfg(test)]
mod tests;
