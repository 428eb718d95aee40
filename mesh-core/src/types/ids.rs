//! Identifiers. Each is its own type, so that one cannot be passed for another.

use core::fmt;
use core::str::FromStr;

/// A string that is not the hexadecimal form of the identifier asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected 32 hexadecimal digits")
    }
}

impl core::error::Error for ParseIdError {}

/// Declares a 16-byte identifier: hexadecimal in full through `Display` and
/// `FromStr`, the first four bytes only through `Debug` (logs need no more).
macro_rules! id16 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("…)")
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse_hex16(text).map(Self)
            }
        }
    };
}

id16! {
    /// Name of a sealed envelope: a hash of all its bytes (`docs/protocol/wire.md` §1).
    EnvelopeId
}
id16! {
    /// Name of what a person wrote: a hash of the author's key and 16 bytes that
    /// the author drew, the same at every reader.
    MessageId
}
id16! {
    /// Name of a conversation on this device; never sent anywhere.
    ConversationId
}
id16! {
    /// A person we know or who asks to be known: the first 16 bytes of the card id,
    /// a hash of both identity keys. Another key is another contact.
    ContactId
}

/// One live path to one neighbour, numbered within a run of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Who brought something to this laptop, as far as shares are counted: a link's place
/// among the links of now, or this laptop itself. A place is used again after its
/// link is gone, so that coming back often wins no second share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(pub u8);

impl Source {
    /// Written here, or found on disk at start.
    pub const HERE: Self = Self(0);
}

/// Chosen by whoever sends a command; the answer repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

fn parse_hex16(text: &str) -> Result<[u8; 16], ParseIdError> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return Err(ParseIdError);
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let mut value = 0;
        for digit in pair {
            let nibble = char::from(*digit).to_digit(16).ok_or(ParseIdError)?;
            value = value * 16 + nibble;
        }
        *byte = u8::try_from(value).map_err(|_| ParseIdError)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_form_comes_back_as_the_same_id() {
        let id = MessageId([0xa7; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn wrong_length_and_wrong_digits_are_errors() {
        for text in ["", "00", &"g".repeat(32), &"é".repeat(16), &"0".repeat(33)] {
            assert_eq!(text.parse::<MessageId>(), Err(ParseIdError), "{text}");
        }
    }

    #[test]
    fn debug_form_shows_four_bytes() {
        assert_eq!(
            format!("{:?}", EnvelopeId([0x5a; 16])),
            "EnvelopeId(5a5a5a5a…)"
        );
    }
}
