//! What is known of a group beside keys and operations, as kept in its row.

use zeroize::Zeroizing;

use crate::crypto::group::{MemberId, Roster};
use crate::limits::{GROUP_MEMBERS_MAX, GROUP_REACH_MAX};
use crate::store::StoreError;
use crate::types::{ContactId, MessageId, Wall};

use super::window::Window;

/// What must survive a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Notes {
    /// The number that our next message gets, less one.
    pub(super) last_seq: u32,
    /// What whoever asked us in, or founded it, called it: others are asked in with that,
    /// and not with the name that the person gave it here.
    pub(super) given_name: String,
    /// We were removed, or went on without somebody: nothing of ours goes there.
    pub(super) is_over: bool,
    /// Everybody who was a member since we came, in the order in which they did.
    pub(super) members: Vec<Known>,
    /// Contacts whom we asked in.
    pub(super) invited: Vec<Invited>,
    /// Signed removals, ours among them: the newest of each signer.
    pub(super) consents: Vec<Agreed>,
    /// Own messages by number, oldest first.
    pub(super) sent: Vec<Sent>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: MemberId,
    /// Who asked us in, or was asked in by us.
    pub(super) contact: Option<ContactId>,
    /// The name that they claim.
    pub(super) name: String,
    /// Which of their messages came.
    pub(super) came: Window,
    /// Whether they were not told yet.
    pub(super) owes: bool,
    /// Which of ours came to them.
    pub(super) heard: Window,
    /// Whether they brought us into a group in the place of this one.
    pub(super) has_founded: bool,
}

impl Known {
    pub(super) fn new(id: MemberId) -> Self {
        Self {
            id,
            contact: None,
            name: String::new(),
            came: Window::default(),
            owes: false,
            heard: Window::default(),
            has_founded: false,
        }
    }
}

/// A contact whom we asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invited {
    pub(super) invite: [u8; 16],
    pub(super) contact: ContactId,
    /// GSK and MK, once they answered.
    pub(super) keys: Option<([u8; 32], [u8; 32])>,
    pub(super) at: Wall,
}

/// A signature under a list of removals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) signer: MemberId,
    pub(super) removes: Vec<MemberId>,
    pub(super) signature: [u8; 64],
}

/// An own message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) seq: u32,
    pub(super) message_id: MessageId,
    /// Members who could read it, without ourselves.
    pub(super) of: u16,
}

impl Notes {
    pub(super) fn known(&self, id: &MemberId) -> Option<&Known> {
        self.members.iter().find(|known| known.id == *id)
    }

    pub(super) fn known_mut(&mut self, id: &MemberId) -> Option<&mut Known> {
        self.members.iter_mut().find(|known| known.id == *id)
    }

    pub(super) fn contact(&self, id: &MemberId) -> Option<ContactId> {
        self.known(id).and_then(|known| known.contact)
    }

    /// Notes who is in the roster now, and drops what was agreed on about others.
    pub(super) fn follow(&mut self, roster: &Roster) {
        for id in roster.keys() {
            if self.known(id).is_none() {
                self.members.push(Known::new(*id));
            }
        }
        // Names of former members go once they are as many as a group holds.
        let mut surplus = self.members.len().saturating_sub(2 * GROUP_MEMBERS_MAX);
        self.members.retain(|known| {
            let goes = surplus > 0 && !roster.contains_key(&known.id);
            surplus -= usize::from(goes);
            !goes
        });
        self.consents.retain(|agreed| {
            let mut ids = agreed.removes.iter().chain([&agreed.signer]);
            ids.all(|id| roster.contains_key(id))
        });
    }

    /// Keeps a signature in the place of that signer's last.
    pub(super) fn agree(&mut self, agreed: Agreed) {
        self.consents.retain(|it| it.signer != agreed.signer);
        self.consents.push(agreed);
    }

    /// An own message went out.
    pub(super) fn was_sent(&mut self, sent: Sent) {
        self.sent.push(sent);
        let surplus = self.sent.len().saturating_sub(GROUP_REACH_MAX);
        self.sent.drain(..surplus);
    }

    /// How many members have the message with this number.
    pub(super) fn came_to(&self, seq: u32) -> u16 {
        let having = self.members.iter().filter(|it| it.heard.has(seq));
        u16::try_from(having.count()).unwrap_or(u16::MAX)
    }

    /// As the store keeps it.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut row = Vec::new();
        row.push(VERSION);
        row.extend(self.last_seq.to_le_bytes());
        put_bytes(&mut row, self.given_name.as_bytes());
        row.push(u8::from(self.is_over));
        put_list(&mut row, &self.members, |row, known| {
            row.extend(known.id.0);
            put_option(row, known.contact.map(|contact| contact.0));
            put_bytes(row, known.name.as_bytes());
            for window in [known.came, known.heard] {
                let (high, below) = window.parts();
                row.extend(high.to_le_bytes());
                row.extend(below.to_le_bytes());
            }
            row.push(u8::from(known.owes));
            row.push(u8::from(known.has_founded));
        });
        put_list(&mut row, &self.invited, |row, invited| {
            row.extend(invited.invite);
            row.extend(invited.contact.0);
            put_option(row, invited.keys.map(|(gsk, mk)| [gsk, mk].concat()));
            row.extend(invited.at.0.to_le_bytes());
        });
        put_list(&mut row, &self.consents, |row, agreed| {
            row.extend(agreed.signer.0);
            put_list(row, &agreed.removes, |row, id| row.extend(id.0));
            row.extend(agreed.signature);
        });
        put_list(&mut row, &self.sent, |row, sent| {
            row.extend(sent.seq.to_le_bytes());
            row.extend(sent.message_id.0);
            row.extend(sent.of.to_le_bytes());
        });
        Zeroizing::new(row)
    }

    /// From a row.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        Self::read(&mut Row(bytes)).ok_or(StoreError::Malformed("notes of a group"))
    }

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let [VERSION] = row.take()? else {
            return None;
        };
        let notes = Self {
            last_seq: u32::from_le_bytes(row.take()?),
            given_name: String::from_utf8(row.bytes()?.to_vec()).ok()?,
            is_over: row.flag()?,
            members: row.list(|row| {
                let id = MemberId(row.take()?);
                let contact = row.option(|row| row.take().map(ContactId))?;
                let name = String::from_utf8(row.bytes()?.to_vec()).ok()?;
                let (came, heard) = (row.window()?, row.window()?);
                let (owes, has_founded) = (row.flag()?, row.flag()?);
                Some(Known {
                    id,
                    contact,
                    name,
                    came,
                    owes,
                    heard,
                    has_founded,
                })
            })?,
            invited: row.list(|row| {
                Some(Invited {
                    invite: row.take()?,
                    contact: ContactId(row.take()?),
                    keys: row.option(|row| Some((row.take()?, row.take()?)))?,
                    at: Wall(u64::from_le_bytes(row.take()?)),
                })
            })?,
            consents: row.list(|row| {
                Some(Agreed {
                    signer: MemberId(row.take()?),
                    removes: row.list(|row| row.take().map(MemberId))?,
                    signature: row.take()?,
                })
            })?,
            sent: row.list(|row| {
                Some(Sent {
                    seq: u32::from_le_bytes(row.take()?),
                    message_id: MessageId(row.take()?),
                    of: u16::from_le_bytes(row.take()?),
                })
            })?,
        };
        row.0.is_empty().then_some(notes)
    }
}

const VERSION: u8 = 2;

pub(super) fn put_list<T>(row: &mut Vec<u8>, list: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    let count = u16::try_from(list.len()).unwrap_or(u16::MAX);
    row.extend(count.to_le_bytes());
    list.iter()
        .take(usize::from(count))
        .for_each(|it| put(row, it));
}

pub(super) fn put_option(row: &mut Vec<u8>, bytes: Option<impl AsRef<[u8]>>) {
    row.push(u8::from(bytes.is_some()));
    if let Some(bytes) = bytes {
        row.extend_from_slice(bytes.as_ref());
    }
}

pub(super) fn put_bytes(row: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    row.extend(length.to_le_bytes());
    row.extend(bytes.iter().take(usize::from(length)));
}

/// Takes fields from the front of a row.
pub(super) struct Row<'a>(pub(super) &'a [u8]);

impl<'a> Row<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(u16::from_le_bytes(self.take()?));
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.flag()? {
            true => read(self).map(Some),
            false => Some(None),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = u16::from_le_bytes(self.take()?);
        (0..count).map(|_| read(self)).collect()
    }

    fn window(&mut self) -> Option<Window> {
        let high = u32::from_le_bytes(self.take()?);
        Some(Window::of(high, u128::from_le_bytes(self.take()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(seq: u32) -> Sent {
        Sent {
            seq,
            message_id: MessageId([8; 16]),
            of: 4,
        }
    }

    #[test]
    fn notes_come_back_whole_and_damaged_rows_are_refused() {
        let mut known = Known::new(MemberId([1; 16]));
        known.came.note(300);
        known.heard.take(7, 5);
        let notes = Notes {
            last_seq: 70_000,
            given_name: "Küche".into(),
            is_over: true,
            members: vec![
                known,
                Known {
                    contact: Some(ContactId([3; 16])),
                    name: "Ana ü".into(),
                    owes: true,
                    has_founded: true,
                    ..Known::new(MemberId([2; 16]))
                },
            ],
            invited: vec![Invited {
                invite: [4; 16],
                contact: ContactId([5; 16]),
                keys: Some(([6; 32], [7; 32])),
                at: Wall(9),
            }],
            consents: vec![Agreed {
                signer: MemberId([1; 16]),
                removes: vec![MemberId([2; 16])],
                signature: [3; 64],
            }],
            sent: vec![sent(3)],
        };
        let bytes = notes.encode();
        assert_eq!(Notes::decode(&bytes).unwrap(), notes);
        for len in 0..bytes.len() {
            assert!(Notes::decode(&bytes[..len]).is_err());
        }
        let more = [&bytes[..], &[0]].concat();
        assert!(Notes::decode(&more).is_err());
    }

    #[test]
    fn only_the_newest_own_messages_are_followed() {
        let mut notes = Notes::default();
        let most = u32::try_from(GROUP_REACH_MAX).unwrap();
        (1..=most + 3).for_each(|seq| notes.was_sent(sent(seq)));
        assert_eq!(notes.sent.len(), GROUP_REACH_MAX);
        assert_eq!(notes.sent[0].seq, 4);
    }
}
