//! The message inside a sealed body (`docs/protocol/wire.md`, "Inner message").
//!
//! Shared by channels, direct messages and groups. bincode cannot add a field:
//! a changed body is a new kind, and a kind we do not know is kept as a value.

use serde::{Deserialize, Serialize};

use crate::limits::{CHUNKS_MAX, ENVELOPE_BYTES_LARGE, NAME_BYTES_MAX};
use crate::types::{MessageClass, MessageId, Wall};

use super::codec::{self, DecodeError};

/// The only version this program writes.
const VERSION: u8 = 1;
/// A piece of a text; see [`TextPart`].
const KIND_TEXT: u16 = 1;
/// A piece of an SOS, in the same form. A kind, and not the class of the header
/// alone: whoever can read a channel could seal somebody's words again under
/// another header, and only what is in here is signed.
const KIND_SOS: u16 = 2;
/// A list of [`super::items`]: what goes to one person.
pub const KIND_ITEMS: u16 = 3;

/// What keeps the order of a conversation between two people. All zero in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// The author's messages in this conversation, from 1; 0 in one that need not be
    /// acknowledged.
    pub seq: u32,
    /// All of the reader's messages with smaller numbers have come.
    pub ack_base: u32,
    /// Bit n: the reader's message `ack_base + 1 + n` has come.
    pub ack_bits: u64,
    /// Seconds after reading until it disappears; 0 for never.
    pub expire: u32,
}

/// The layout on the wire, bincode in this order.
#[derive(Serialize, Deserialize)]
struct Layout<'a> {
    v: u8,
    kind: u16,
    message_id: [u8; 16],
    seq: u32,
    sent: u64,
    ack_base: u32,
    ack_bits: u64,
    expire: u32,
    name: &'a str,
    body: &'a [u8],
}

/// One message, or one piece of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Inner {
    /// What `body` is.
    pub kind: u16,
    /// Drawn by the author; the same in every piece. Readers know the message by
    /// `crypto::seal::message_id`, which binds it to the author.
    pub message_id: MessageId,
    /// The author's clock.
    pub sent: Wall,
    /// The name the author claims, at most 24 bytes, no control characters.
    pub name: String,
    /// As `kind` says.
    pub body: Vec<u8>,
    /// All zero in a channel.
    pub numbers: Numbers,
}

/// A piece of a text: `index u8 ‖ count u8 ‖ UTF-8 bytes`. A character may be cut
/// between two pieces.
#[derive(Clone, PartialEq, Eq)]
pub struct TextPart {
    /// From 0.
    pub index: u8,
    /// 1 to 4.
    pub count: u8,
    /// Not empty.
    pub bytes: Vec<u8>,
}

impl Inner {
    /// A piece of an ordinary text.
    #[must_use]
    pub fn text(message_id: MessageId, sent: Wall, name: &str, part: &TextPart) -> Self {
        Self::piece(MessageClass::Text, message_id, sent, name, part)
    }

    /// A piece of a text of this class.
    #[must_use]
    pub fn piece(
        class: MessageClass,
        message_id: MessageId,
        sent: Wall,
        name: &str,
        part: &TextPart,
    ) -> Self {
        let mut body = vec![part.index, part.count];
        body.extend_from_slice(&part.bytes);
        Self {
            kind: match class {
                MessageClass::Text => KIND_TEXT,
                MessageClass::Sos => KIND_SOS,
            },
            message_id,
            sent,
            name: name.to_owned(),
            body,
            numbers: Numbers::default(),
        }
    }

    /// What the author wrote it as; `None` if it is no text.
    #[must_use]
    pub fn class(&self) -> Option<MessageClass> {
        match self.kind {
            KIND_TEXT => Some(MessageClass::Text),
            KIND_SOS => Some(MessageClass::Sos),
            _ => None,
        }
    }

    /// The piece of a text in it; `None` if it is something else, an error if
    /// it says that it is one and is not.
    #[must_use]
    pub fn text_part(&self) -> Option<Result<TextPart, DecodeError>> {
        self.class().map(|_| match self.body.as_slice() {
            [index, count @ 1..=CHUNKS_MAX, bytes @ ..] if index < count && !bytes.is_empty() => {
                Ok(TextPart {
                    index: *index,
                    count: *count,
                    bytes: bytes.to_vec(),
                })
            }
            _ => Err(DecodeError),
        })
    }

    /// The bytes that are signed and sealed; `None` if they fit no envelope.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        codec::encode(&Layout {
            v: VERSION,
            kind: self.kind,
            message_id: self.message_id.0,
            seq: self.numbers.seq,
            sent: self.sent.0,
            ack_base: self.numbers.ack_base,
            ack_bits: self.numbers.ack_bits,
            expire: self.numbers.expire,
            name: &self.name,
            body: &self.body,
        })
    }

    /// Decodes a message of a channel and checks every maximum.
    ///
    /// # Errors
    /// The author's fault.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let inner = Self::decode_numbered(bytes)?;
        // Dropped in silence they would give one message many encodings.
        let is_plain = inner.numbers == Numbers::default();
        is_plain.then_some(inner).ok_or(DecodeError)
    }

    /// The same for a message to a person or a group.
    ///
    /// # Errors
    /// The author's fault.
    pub fn decode_numbered(bytes: &[u8]) -> Result<Self, DecodeError> {
        let layout: Layout<'_> = codec::decode(bytes)?;
        let fits = layout.v == VERSION
            && layout.name.len() <= NAME_BYTES_MAX
            // A name shows on one line.
            && !layout.name.chars().any(char::is_control)
            && layout.body.len() <= ENVELOPE_BYTES_LARGE;
        let inner = Self {
            kind: layout.kind,
            message_id: MessageId(layout.message_id),
            sent: Wall(layout.sent),
            name: layout.name.to_owned(),
            body: layout.body.to_vec(),
            numbers: Numbers {
                seq: layout.seq,
                ack_base: layout.ack_base,
                ack_bits: layout.ack_bits,
                expire: layout.expire,
            },
        };
        fits.then_some(inner).ok_or(DecodeError)
    }
}

// By hand: what people write must not reach a log.
impl core::fmt::Debug for Inner {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Inner(kind {}, {:?}, {} bytes)",
            self.kind,
            self.message_id,
            self.body.len()
        )
    }
}

impl core::fmt::Debug for TextPart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "TextPart({} of {}, {} bytes)",
            self.index,
            self.count,
            self.bytes.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Inner {
        let part = TextPart {
            index: 0,
            count: 1,
            bytes: b"hello".to_vec(),
        };
        Inner::text(MessageId([9; 16]), Wall(1_700_000_000_000), "Ana", &part)
    }

    #[test]
    fn a_text_comes_back() {
        let inner = sample();
        assert_eq!(Inner::decode(&inner.encode().unwrap()), Ok(inner.clone()));
        let part = inner.text_part().unwrap().unwrap();
        assert_eq!(
            (part.index, part.count, part.bytes.as_slice()),
            (0, 1, b"hello".as_slice())
        );
    }

    #[test]
    fn golden_bytes() {
        let mut expected = vec![1, 1];
        expected.extend([9; 16]);
        expected.extend([0, 253, 0, 104, 229, 207, 139, 1, 0, 0, 0, 0, 0]);
        expected.extend(b"\x03Ana\x07\x00\x01hello");
        assert_eq!(sample().encode(), Some(expected));
    }

    #[test]
    fn an_sos_differs_from_a_text_in_what_is_signed() {
        let part = sample().text_part().unwrap().unwrap();
        let sent = Wall(1_700_000_000_000);
        let sos = Inner::piece(MessageClass::Sos, MessageId([9; 16]), sent, "Ana", &part);
        let (sos_bytes, text_bytes) = (sos.encode().unwrap(), sample().encode().unwrap());
        assert_eq!((text_bytes[1], sos_bytes[1]), (1, 2));
        assert_eq!(text_bytes[2..], sos_bytes[2..]);
        let decoded = Inner::decode(&sos_bytes).unwrap();
        assert_eq!(decoded.class(), Some(MessageClass::Sos));
        assert_eq!(decoded.text_part(), Some(Ok(part)));
        assert_eq!(sample().class(), Some(MessageClass::Text));
    }

    #[test]
    fn every_truncation_and_every_extension_is_an_error() {
        let bytes = sample().encode().unwrap();
        for len in 0..bytes.len() {
            assert_eq!(Inner::decode(&bytes[..len]), Err(DecodeError));
        }
        assert_eq!(Inner::decode(&[bytes, vec![0]].concat()), Err(DecodeError));
    }

    #[test]
    fn numbers_that_channels_do_not_use_must_be_zero() {
        let bytes = sample().encode().unwrap();
        for index in [18, 28, 29, 30] {
            let mut marked = bytes.clone();
            assert_eq!(std::mem::replace(&mut marked[index], 1), 0);
            assert_eq!(Inner::decode(&marked), Err(DecodeError), "byte {index}");
            assert!(Inner::decode_numbered(&marked).is_ok());
        }
    }

    #[test]
    fn numbers_come_back_in_a_message_to_a_person() {
        let inner = Inner {
            kind: KIND_ITEMS,
            numbers: Numbers {
                seq: u32::MAX,
                ack_base: 7,
                ack_bits: u64::MAX,
                expire: 60,
            },
            ..sample()
        };
        let bytes = inner.encode().unwrap();
        assert_eq!(Inner::decode_numbered(&bytes), Ok(inner));
        assert_eq!(Inner::decode(&bytes), Err(DecodeError));
    }

    #[test]
    fn long_names_and_wrong_parts_are_errors() {
        let mut inner = sample();
        for name in ["x".repeat(NAME_BYTES_MAX + 1), "two\nlines".into()] {
            inner.name = name;
            assert_eq!(Inner::decode(&inner.encode().unwrap()), Err(DecodeError));
        }
        for body in [
            &[][..],
            &[0, 1],
            &[1, 1, 65],
            &[0, 0, 65],
            &[0, 5, 65],
            &[9, 4, 65],
        ] {
            inner.body = body.to_vec();
            assert_eq!(inner.text_part(), Some(Err(DecodeError)), "{body:?}");
        }
    }

    #[test]
    fn unknown_kinds_are_values() {
        let mut inner = sample();
        inner.kind = 900;
        let decoded = Inner::decode(&inner.encode().unwrap()).unwrap();
        assert_eq!((decoded.kind, decoded.text_part()), (900, None));
        assert_eq!(decoded.class(), None);
    }
}
