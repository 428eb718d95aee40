//! Rows to fill a store with: the same number gives the same row.

use crate::store::{
    ContactRow, ConversationRow, GroupRow, IdentityRow, MessageRef, MessageRow, OutboxRow, PartRow,
    PrekeyRow, ReactionRow, RelayMeta, SessionRow,
};
use crate::types::{
    ChannelKind, ContactId, ConversationId, Day, Delivery, EnvelopeId, MessageClass, MessageId,
    Standing, Tick, Trust, Wall,
};

/// `number` at the end, so that rows sort as their numbers do.
fn id16(number: u32) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// The envelope with this number.
#[must_use]
pub fn envelope_id(number: u32) -> EnvelopeId {
    EnvelopeId(id16(number))
}

/// The conversation with this number.
#[must_use]
pub fn conversation_id(number: u32) -> ConversationId {
    ConversationId(id16(number))
}

/// The message with this number.
#[must_use]
pub fn message_id(number: u32) -> MessageId {
    MessageId(id16(number))
}

/// What goes with [`body`] of this number. The clock is beyond what an SQL
/// column holds as a number.
#[must_use]
pub fn meta(number: u32) -> RelayMeta {
    RelayMeta {
        id: envelope_id(number),
        class: u8::MAX,
        expiry: Tick(u32::MAX - number),
        tag: id16(!number),
        bytes: u32::try_from(body(number).len()).unwrap_or_default(),
        received_at: Wall(u64::MAX - u64::from(number)),
    }
}

/// An envelope of the smallest size.
#[must_use]
pub fn body(number: u32) -> Vec<u8> {
    number.to_le_bytes().repeat(120)
}

/// A person.
#[must_use]
pub fn identity(number: u8) -> IdentityRow {
    IdentityRow {
        seed: [number; 32].into(),
        card_secret: [!number; 32].into(),
        name: format!("Ana {number} é"),
    }
}

/// A channel; even numbers are public.
#[must_use]
pub fn conversation(number: u32) -> ConversationRow {
    ConversationRow {
        conversation: conversation_id(number),
        kind: if number.is_multiple_of(2) {
            ChannelKind::Public
        } else {
            ChannelKind::Keyed
        },
        root: [number.to_le_bytes()[0]; 32],
        words: format!("words of {number}"),
        pseudonym_seed: [!number.to_le_bytes()[0]; 32],
        joined_at: Wall(u64::from(number)),
    }
}

/// Somebody else's message, written by [`author`] 1 and received at the epoch.
#[must_use]
pub fn message(conversation: u32, number: u32) -> MessageRow {
    MessageRow {
        conversation: conversation_id(conversation),
        message_id: message_id(number),
        author: author(1),
        name: "Bo".to_owned(),
        own: false,
        class: MessageClass::Text,
        text: format!("text\0of {number}"),
        written_at: Wall(u64::MAX),
        received_at: Wall(0),
        expires_at: Wall(1),
        state: Delivery::Received,
    }
}

/// A message of this profile.
#[must_use]
pub fn own_message(conversation: u32, number: u32) -> MessageRow {
    MessageRow {
        author: author(0),
        own: true,
        state: Delivery::Waiting,
        ..message(conversation, number)
    }
}

/// The name of a message.
#[must_use]
pub fn message_ref(of: &MessageRow) -> MessageRef {
    MessageRef {
        conversation: of.conversation,
        author: of.author,
        message_id: of.message_id,
    }
}

/// What [`author`] `number` feels, this profile if it is 0.
#[must_use]
pub fn reaction(number: u8, at: u64, emoji: &str) -> ReactionRow {
    ReactionRow {
        author: author(number),
        own: number == 0,
        emoji: emoji.to_owned(),
        at: Wall(at),
    }
}

/// A signing key.
#[must_use]
pub fn author(number: u8) -> [u8; 32] {
    [number; 32]
}

/// A piece of a message of three by [`author`] 1.
#[must_use]
pub fn part(conversation: u32, number: u32, index: u8) -> PartRow {
    PartRow {
        conversation: conversation_id(conversation),
        author: author(1),
        message_id: message_id(number),
        index,
        count: 3,
        bytes: vec![index, 0xff],
    }
}

/// An own envelope that carries a piece of message `message`.
#[must_use]
pub fn outgoing(conversation: u32, message: u32, envelope: u32) -> OutboxRow {
    OutboxRow {
        id: envelope_id(envelope),
        conversation: conversation_id(conversation),
        message_id: message_id(message),
        body: body(envelope),
    }
}

/// The contact with this number.
#[must_use]
pub fn contact_id(number: u32) -> ContactId {
    ContactId(id16(number))
}

/// A person in the conversation of the same number; even ones were introduced by the
/// one before, and only odd ones have a petname.
#[must_use]
pub fn contact(number: u32) -> ContactRow {
    let is_even = number.is_multiple_of(2);
    ContactRow {
        contact: contact_id(number),
        card: body(number),
        name: format!("Cleo {number} ü"),
        petname: if is_even {
            String::new()
        } else {
            format!("friend {number}")
        },
        standing: Standing::Accepted,
        trust: if is_even {
            Trust::Introduced
        } else {
            Trust::Unverified
        },
        introduced_by: is_even.then(|| contact_id(number.wrapping_sub(1))),
        conversation: conversation_id(number),
        added_at: Wall(u64::from(number)),
        progress: number.to_be_bytes().to_vec(),
    }
}

/// A session with [`contact`] of number `contact`.
#[must_use]
pub fn session(contact: u32, number: u32) -> SessionRow {
    SessionRow {
        session: id32(number),
        contact: contact_id(contact),
        state: body(number).into(),
    }
}

/// The group in the conversation of the same number.
#[must_use]
pub fn group(number: u32) -> GroupRow {
    GroupRow {
        conversation: conversation_id(number),
        name: format!("Group {number} ü"),
        joined_at: Wall(u64::from(number)),
        progress: number.to_be_bytes().to_vec().into(),
        state: body(number).into(),
    }
}

/// Prekeys of this day.
#[must_use]
pub fn prekey(day: u32) -> PrekeyRow {
    PrekeyRow {
        day: Day(day),
        secret: day.to_le_bytes().repeat(8).into(),
    }
}

/// The hash of the knock with this number.
#[must_use]
pub fn knock(number: u32) -> [u8; 32] {
    id32(!number)
}

/// Numbers at the end, so that ids sort as their numbers do.
fn id32(number: u32) -> [u8; 32] {
    let mut id = [0xa0; 32];
    for (byte, of_number) in id.iter_mut().rev().zip(number.to_le_bytes()) {
        *byte = of_number;
    }
    id
}
