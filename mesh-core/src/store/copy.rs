//! What of a profile outlives its database: who we are, whom we know, and the keys of
//! channels. No message, and nothing of a session or a group: an old ratchet, used again,
//! would give keys away.
//!
//! The layout, little-endian (`docs/protocol/store.md`, "Sealed copy"); a text or bytes
//! are `length u16 ‖ bytes`:
//!
//! `version u8 = 1 ‖ identity ‖ reachable u8 ‖ receipts ‖ count u32 ‖ channels ‖
//! count u32 ‖ contacts`

use zeroize::Zeroizing;

use super::{ContactRow, ConversationRow, IdentityRow, ProfileStore, Setting, StoreError};
use crate::limits::PEOPLE_COPY_BYTES_MIN;
use crate::types::{ChannelKind, ContactId, ConversationId, Standing, Trust, Wall};

const VERSION: u8 = 1;

/// A copy of a profile's people. Contacts have no progress in it, and whoever only asks
/// is not among them: they ask again.
#[derive(PartialEq, Eq)]
pub struct PeopleCopy {
    identity: IdentityRow,
    is_reachable: bool,
    /// As set; empty if never.
    receipts: Vec<u8>,
    conversations: Vec<ConversationRow>,
    contacts: Vec<ContactRow>,
}

impl PeopleCopy {
    /// Reads it from a store; `None` for one without an identity.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn of(store: &dyn ProfileStore) -> Result<Option<Self>, StoreError> {
        let Some(identity) = store.identity()? else {
            return Ok(None);
        };
        let mut contacts = store.contacts()?;
        contacts.retain(|row| row.standing != Standing::Asking);
        contacts.iter_mut().for_each(|row| row.progress.clear());
        Ok(Some(Self {
            identity,
            is_reachable: store.setting(Setting::Reachable)?.is_some(),
            receipts: store.setting(Setting::Receipts)?.unwrap_or_default(),
            conversations: store.conversations()?,
            contacts,
        }))
    }

    /// Puts everything into a store that was just begun, in one transaction.
    ///
    /// # Errors
    /// The store refused.
    pub fn restore(&self, store: &mut dyn ProfileStore) -> Result<(), StoreError> {
        store.begin()?;
        store.set_identity(&self.identity)?;
        if self.is_reachable {
            // Of no day: its keys are lost, and new ones go out.
            store.set_setting(Setting::Reachable, &[])?;
        }
        if !self.receipts.is_empty() {
            store.set_setting(Setting::Receipts, &self.receipts)?;
        }
        for row in &self.conversations {
            store.add_conversation(row)?;
        }
        for row in &self.contacts {
            store.put_contact(row)?;
        }
        store.commit()
    }

    /// The bytes to be sealed. `None` if a text in it is longer than 65,535 bytes, which
    /// no row of ours is.
    #[must_use]
    pub fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        // Of the usual size at once: bytes that grow leave copies behind.
        let bytes = Vec::with_capacity(PEOPLE_COPY_BYTES_MIN);
        let mut writer = Writer(Zeroizing::new(bytes));
        writer.raw(&[VERSION]);
        writer.raw(self.identity.seed.as_slice());
        writer.raw(self.identity.card_secret.as_slice());
        writer.bytes(self.identity.name.as_bytes())?;
        writer.raw(&[u8::from(self.is_reachable)]);
        writer.bytes(&self.receipts)?;
        writer.count(self.conversations.len())?;
        for row in &self.conversations {
            writer.conversation(row)?;
        }
        writer.count(self.contacts.len())?;
        for row in &self.contacts {
            writer.contact(row)?;
        }
        Some(writer.0)
    }

    /// The inverse; `None` for anything else. Reserves no more than there are bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let identity = IdentityRow {
            seed: Zeroizing::new(reader.array()?),
            card_secret: Zeroizing::new(reader.array()?),
            name: reader.text()?,
        };
        let copy = Self {
            identity,
            is_reachable: reader.flag()?,
            receipts: reader.bytes()?.to_vec(),
            conversations: reader.many(Reader::conversation)?,
            contacts: reader.many(Reader::contact)?,
        };
        reader.0.is_empty().then_some(copy)
    }
}

struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let length = u16::try_from(bytes.len()).ok()?;
        self.raw(&length.to_le_bytes());
        self.raw(bytes);
        Some(())
    }

    fn count(&mut self, count: usize) -> Option<()> {
        self.raw(&u32::try_from(count).ok()?.to_le_bytes());
        Some(())
    }

    fn conversation(&mut self, row: &ConversationRow) -> Option<()> {
        let kind = match row.kind {
            ChannelKind::Public => 0,
            ChannelKind::Keyed => 1,
        };
        self.raw(&row.conversation.0);
        self.raw(&[kind]);
        self.raw(&row.root);
        self.bytes(row.words.as_bytes())?;
        self.raw(&row.pseudonym_seed);
        self.raw(&row.joined_at.0.to_le_bytes());
        Some(())
    }

    fn contact(&mut self, row: &ContactRow) -> Option<()> {
        let standing = match row.standing {
            Standing::Asking => 0,
            Standing::Accepted => 1,
            Standing::Blocked => 2,
        };
        let trust = match row.trust {
            Trust::Unverified => 0,
            Trust::Introduced => 1,
            Trust::Verified => 2,
        };
        self.raw(&row.contact.0);
        self.bytes(&row.card)?;
        self.bytes(row.name.as_bytes())?;
        self.bytes(row.petname.as_bytes())?;
        self.raw(&[standing, trust, u8::from(row.introduced_by.is_some())]);
        self.raw(&row.introduced_by.unwrap_or(ContactId([0; 16])).0);
        self.raw(&row.conversation.0);
        self.raw(&row.added_at.0.to_le_bytes());
        Some(())
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_le_bytes(self.array()?);
        let (bytes, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        str::from_utf8(self.bytes()?).ok().map(str::to_owned)
    }

    fn wall(&mut self) -> Option<Wall> {
        self.array().map(|bytes| Wall(u64::from_le_bytes(bytes)))
    }

    fn many<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = u32::from_le_bytes(self.array()?);
        let mut rows = Vec::new();
        for _ in 0..count {
            rows.push(read(self)?);
        }
        Some(rows)
    }

    fn conversation(&mut self) -> Option<ConversationRow> {
        Some(ConversationRow {
            conversation: ConversationId(self.array()?),
            kind: match self.byte()? {
                0 => ChannelKind::Public,
                1 => ChannelKind::Keyed,
                _ => return None,
            },
            root: self.array()?,
            words: self.text()?,
            pseudonym_seed: self.array()?,
            joined_at: self.wall()?,
        })
    }

    fn contact(&mut self) -> Option<ContactRow> {
        Some(ContactRow {
            contact: ContactId(self.array()?),
            card: self.bytes()?.to_vec(),
            name: self.text()?,
            petname: self.text()?,
            standing: match self.byte()? {
                0 => Standing::Asking,
                1 => Standing::Accepted,
                2 => Standing::Blocked,
                _ => return None,
            },
            trust: match self.byte()? {
                0 => Trust::Unverified,
                1 => Trust::Introduced,
                2 => Trust::Verified,
                _ => return None,
            },
            introduced_by: {
                let is_introduced = self.flag()?;
                let by = ContactId(self.array()?);
                is_introduced.then_some(by)
            },
            conversation: ConversationId(self.array()?),
            added_at: self.wall()?,
            progress: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests;
