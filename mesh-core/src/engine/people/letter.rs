//! One envelope to a person: what goes into it, and how a text is cut into several.

use zeroize::{Zeroize as _, Zeroizing};

use crate::api::Event;
use crate::crypto::knock::KnockKind;
use crate::crypto::session::{MESSAGE_OVERHEAD_BYTES, SealError};
use crate::limits::{CHUNKS_MAX, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL};
use crate::store::{OutboxRow, StoreError};
use crate::types::{ContactId, EnvelopeId, MessageId, Now, Wall};
use crate::wire::envelope::{Envelope, Header};
use crate::wire::inner::{Inner, KIND_ITEMS, Numbers, TextPart};
use crate::wire::items::{self, ITEM_HEAD_BYTES, Item, KEY_ITEM_BYTES, NUMBERING_ITEM_BYTES};

use super::super::{Engine, EngineError, Profile};
use super::acks::Sent;

/// The longest encoding of everything in an inner message but name and body.
const INNER_BYTES_MAX: usize = 59;
/// Index and count of a piece of a text.
const PART_BYTES: usize = 2;
/// Everything beside the words in a message that carries a piece of a text and
/// nothing else.
const TEXT_OVERHEAD_BYTES: usize = INNER_BYTES_MAX + ITEM_HEAD_BYTES + PART_BYTES;

/// How a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Under the session that they answered, or that they began.
    Session([u8; 32]),
    /// Under one that they have not answered, inside its knock.
    Knock([u8; 32]),
}

impl Route {
    pub(super) fn session(self) -> [u8; 32] {
        match self {
            Self::Session(session) | Self::Knock(session) => session,
        }
    }

    /// Bytes of data that the larger envelope of this route holds.
    fn data_bytes_max(self) -> usize {
        match self {
            Self::Session(_) => ENVELOPE_BYTES_MEDIUM - MESSAGE_OVERHEAD_BYTES,
            Self::Knock(_) => KnockKind::Bundle.room(),
        }
    }

    /// Words that an envelope holds; the knock of the first message carries a hash for
    /// the emoji check besides.
    fn room(self, envelope_bytes: usize) -> usize {
        let (data, more) = match self {
            Self::Session(_) => (envelope_bytes - MESSAGE_OVERHEAD_BYTES, 0),
            Self::Knock(_) => (KnockKind::Bundle.room(), KEY_ITEM_BYTES),
        };
        data.saturating_sub(TEXT_OVERHEAD_BYTES + NUMBERING_ITEM_BYTES + more)
    }
}

impl Engine {
    /// One envelope: sealed, stored with the session's new state, held for the outbox.
    pub(super) fn seal_letter(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        letter: &Letter,
        items: Vec<Item>,
    ) -> Result<Result<(u32, EnvelopeId), SealError>, EngineError> {
        let Some(person) = profile.person(contact) else {
            return Ok(Err(SealError::Size));
        };
        let conversation = person.row.conversation;
        let Some((mut inner, sent)) = profile.fill(contact, letter, items) else {
            return Ok(Err(SealError::Size));
        };
        let data = Zeroizing::new(inner.encode().ok_or(StoreError::Malformed("a message"))?);
        // A welcome to a group holds a secret.
        inner.body.zeroize();
        let sealed = match self.seal_by(profile, contact, letter, &data) {
            Ok(sealed) => sealed,
            Err(refused) => return Ok(Err(refused)),
        };
        if profile.was_sent(contact, letter.route, sent) {
            self.tell(Event::ContactsChanged);
        }
        profile.save_session(&letter.route.session())?;
        let envelope = Envelope::parse(sealed.envelope)
            .map_err(|_| StoreError::Malformed("a sealed message"))?;
        let (id, body) = (envelope.id(), envelope.as_bytes().to_vec());
        profile.store.put_outbox(&OutboxRow {
            id,
            conversation,
            message_id: letter.message_id,
            body,
        })?;
        profile.untaken.insert(id);
        self.hold(now, envelope);
        if !sent.all_ride {
            self.tend_later(now, profile, contact);
        }
        Ok(Ok((sealed.seq, id)))
    }
}

impl Profile {
    /// The message of an envelope: what it must say, and of what may ride along as much
    /// as fits.
    fn fill(
        &self,
        contact: ContactId,
        letter: &Letter,
        mut items: Vec<Item>,
    ) -> Option<(Inner, Sent)> {
        let data_bytes = match letter.route {
            Route::Session(_) => letter.envelope_bytes.checked_sub(MESSAGE_OVERHEAD_BYTES)?,
            Route::Knock(_) => letter.route.data_bytes_max(),
        };
        let progress = &self.person(contact)?.progress;
        let numbers = match progress.restarted_in == Some(letter.route.session()) {
            // What came before means nothing to who lost it.
            true => Numbers::default(),
            false => progress.received.acknowledge(letter.seq),
        };
        let numbers = Numbers {
            expire: letter.expire,
            ..numbers
        };
        let used = INNER_BYTES_MAX + items::encode(&items).len();
        let free = data_bytes.saturating_sub(used);
        let tells_name = progress.name_until != 0 && self.name.len() <= free;
        let name = match tells_name {
            true => self.name.clone(),
            false => String::new(),
        };
        let riders = self.riders(contact, letter.route);
        let all_ride = ride(&mut items, riders, free - name.len());
        let sent = Sent {
            seq: letter.seq,
            has_name: !name.is_empty(),
            all_ride,
        };
        let inner = Inner {
            kind: KIND_ITEMS,
            message_id: letter.drawn,
            sent: letter.written_at,
            name,
            body: items::encode(&items),
            numbers,
        };
        Some((inner, sent))
    }
}

/// One envelope to be sealed.
pub(super) struct Letter {
    pub(super) route: Route,
    pub(super) header: Header,
    /// 480 or 1,920.
    pub(super) envelope_bytes: usize,
    /// Of the message; 0 for one that only acknowledges.
    pub(super) seq: u32,
    pub(super) drawn: MessageId,
    pub(super) written_at: Wall,
    pub(super) message_id: MessageId,
    /// As in [`Numbers`].
    pub(super) expire: u32,
}

/// The size of an envelope, and the piece of a text that goes into it, if it is of one.
pub(super) type Piece = (usize, Option<TextPart>);

/// Adds what fits of what may ride along; whether all did.
fn ride(items: &mut Vec<Item>, riders: Vec<Item>, mut free: usize) -> bool {
    let mut all = true;
    for rider in riders {
        let bytes = rider.encoded_bytes();
        if bytes <= free {
            free -= bytes;
            items.push(rider);
        } else {
            all = false;
        }
    }
    all
}

/// Cuts a text into the envelopes of a route, each with its piece; one without a piece
/// for what is no text. Each piece has room for all items: the one that comes last
/// tells what the whole says. How a text is cut follows from its length, its items and
/// the route alone, so that pieces of two tries fit together. `None` if it does not fit.
pub(super) fn cut(route: Route, text: &str, items_bytes: usize) -> Option<Vec<Piece>> {
    let smallest = match route {
        Route::Session(_) => ENVELOPE_BYTES_SMALL,
        Route::Knock(_) => ENVELOPE_BYTES_MEDIUM,
    };
    if text.is_empty() {
        let holds = |bytes: &usize| match route {
            Route::Session(_) => INNER_BYTES_MAX + items_bytes <= bytes - MESSAGE_OVERHEAD_BYTES,
            Route::Knock(_) => INNER_BYTES_MAX + items_bytes <= route.data_bytes_max(),
        };
        let sizes = [smallest, ENVELOPE_BYTES_MEDIUM];
        return sizes.into_iter().find(holds).map(|size| vec![(size, None)]);
    }
    let room = |bytes| route.room(bytes).saturating_sub(items_bytes);
    if room(smallest) == 0 {
        return None;
    }
    let mut rest = text.as_bytes();
    let first_bytes = match rest.len() <= room(smallest) {
        true => smallest,
        false => ENVELOPE_BYTES_MEDIUM,
    };
    let mut pieces: Vec<(usize, &[u8])> = Vec::new();
    let (first, more) = rest
        .split_at_checked(room(first_bytes))
        .unwrap_or((rest, &[]));
    pieces.push((first_bytes, first));
    rest = more;
    let chunks = rest.chunks(room(smallest));
    pieces.extend(chunks.map(|piece| (smallest, piece)));
    let count = u8::try_from(pieces.len()).ok()?;
    if count > CHUNKS_MAX {
        return None;
    }
    let parts = (0..count).zip(pieces);
    Some(
        parts
            .map(|(index, (envelope_bytes, bytes))| {
                let bytes = bytes.to_vec();
                let part = TextPart {
                    index,
                    count,
                    bytes,
                };
                (envelope_bytes, Some(part))
            })
            .collect(),
    )
}
