//! Groups: who is asked in and comes, what they write, and how operations find
//! everybody.
//!
//! Floor 4. A [`Room`] is a group with everything that this device notes of it. All of
//! it changes inside the profile transaction of one batch and is written back by
//! [`Profile::save_groups`] before that commits, so before an envelope leaves. Keys and
//! operations are `crypto::group`; the protocol is `docs/protocol/crypto.md`, "Groups".

mod again;
mod asked;
mod behind;
mod change;
mod control;
mod cut;
mod hear;
mod joining;
mod notes;
mod pieces;
mod say;
mod tend;
mod unsealed;
mod views;
mod window;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::crypto::group::{Eid, Group, GroupTags, MemberId, conversation, eid_of};
use crate::crypto::tags::TagOwner;
use crate::limits::GROUP_OPS_KEPT_MAX;
use crate::store::{GroupRow, ProfileStore, Queue, StoreError};
use crate::types::{ContactId, ConversationId, Mono, Now, Role, Wall};

use super::{Engine, EngineError, Profile};

use joining::Joining;
use notes::Notes;
use pieces::Pieces;
use unsealed::Unsealed;

/// Every group, and every invitation that was answered.
#[derive(Default)]
pub(super) struct Groups {
    rooms: BTreeMap<ConversationId, Room>,
    /// By the name of their row.
    joinings: BTreeMap<ConversationId, Joining>,
    /// Changed since they were written.
    unsaved: BTreeSet<ConversationId>,
    /// How many there were so far.
    order_next: usize,
}

/// One group.
struct Room {
    /// What the person calls it; others do not see it.
    name: String,
    joined_at: Wall,
    order: usize,
    group: Group,
    notes: Notes,
    /// Own messages that wait for keys, by number.
    unsealed: BTreeMap<u32, Unsealed>,
    /// Bytes of operations, for members who lack them, in the order in which they came.
    ops: BTreeMap<u32, (Eid, Vec<u8>)>,
    /// What is to be done, and when. Not stored, like everything below.
    due: BTreeMap<Due, Mono>,
    pieces: Pieces,
    /// Operations whose parents are missing, the oldest first.
    orphans: VecDeque<Orphan>,
    /// Operations that somebody lacks, and the epoch in which they said so.
    lacked: BTreeMap<Eid, Eid>,
    /// When operations were sent again lately.
    resent: Vec<Mono>,
    /// Operations that may have removed us, and who knows them.
    doubts: BTreeMap<Eid, BTreeSet<MemberId>>,
    /// Contacts who lack what was joined by these operations.
    behind: BTreeMap<ContactId, Vec<Eid>>,
    /// When contacts were told what they lacked, lately.
    told: BTreeMap<ContactId, Mono>,
}

/// An operation whose parents are missing.
struct Orphan {
    op: Vec<u8>,
    /// Who sent it: whoever brings the parents says nothing of it.
    tellers: BTreeSet<MemberId>,
}

/// What a group does by itself after some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Add those who answered.
    Add,
    /// Tell those who read what we write which operations we know.
    Heads,
    /// Tell everybody who reads anything: somebody may lack some, or we do.
    HeadsEverywhere,
    /// Send an operation again.
    Resend,
    /// Tell contacts what happened in branches that they do not know.
    History,
    /// Bring new keys.
    Renew,
    /// Announce a new wrapping key of ours.
    Key,
    /// Say what came.
    Ack,
    /// Remove somebody together with another admin.
    Consent,
    /// Erase what is over.
    Tidy,
}

impl Room {
    fn new(name: String, joined_at: Wall, order: usize, group: Group) -> Self {
        let mut room = Self {
            name,
            joined_at,
            order,
            group,
            notes: Notes::default(),
            unsealed: BTreeMap::new(),
            ops: BTreeMap::new(),
            due: BTreeMap::new(),
            pieces: Pieces::default(),
            orphans: VecDeque::new(),
            lacked: BTreeMap::new(),
            resent: Vec::new(),
            doubts: BTreeMap::new(),
            behind: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        room.notes.follow(room.group.roster());
        room
    }

    /// Something is to be done at this time, unless it is to be done before.
    fn later(&mut self, due: Due, at: Mono) {
        let before = self.due.entry(due).or_insert(at);
        *before = at.min(*before);
    }

    /// What we may do; `None` if we are no member any more.
    fn role(&self) -> Option<Role> {
        let own = self.group.roster().get(&self.group.me());
        own.filter(|_| !self.notes.is_over).map(|own| own.role)
    }

    /// Whether exactly the members can read what is written now.
    fn is_ready(&self) -> bool {
        self.role().is_some() && self.group.sending_epoch().is_some()
    }

    /// Whether messages of members came that nobody was told of.
    fn owes_word(&self) -> bool {
        let roster = self.group.roster();
        let mut known = self.notes.members.iter();
        known.any(|known| known.owes && roster.contains_key(&known.id))
    }

    /// The member whom we know as this contact.
    fn member_of(&self, contact: ContactId) -> Option<MemberId> {
        let mut known = self.notes.members.iter();
        let known = known.find(|known| {
            let is_member = self.group.roster().contains_key(&known.id);
            known.contact == Some(contact) && is_member
        });
        known.map(|known| known.id)
    }

    /// The key that signs a member's messages.
    fn gsk(&self, id: &MemberId) -> Option<[u8; 32]> {
        self.group.roster().get(id).map(|member| member.gsk)
    }
}

impl Groups {
    /// Reads every group. Tags are not watched yet: [`Profile::watch_groups`].
    pub(super) fn load(store: &dyn ProfileStore) -> Result<Self, StoreError> {
        let mut groups = Self::default();
        for row in store.groups()? {
            let order = groups.next_order();
            if row.state.is_empty() {
                let joining = Joining::decode(&row)?;
                groups.joinings.insert(row.conversation, joining);
                continue;
            }
            let group = Group::decode(&row.state).ok_or(StoreError::Malformed("a group"))?;
            let mut room = Room::new(row.name, row.joined_at, order, group);
            room.notes = Notes::decode(&row.progress)?;
            for (seq, bytes) in store.queued(Queue::Unsealed, row.conversation)? {
                room.unsealed.insert(seq, Unsealed::decode(&bytes)?);
            }
            for (number, bytes) in store.queued(Queue::Operations, row.conversation)? {
                room.ops.insert(number, (eid_of(&bytes), bytes));
            }
            groups.rooms.insert(row.conversation, room);
        }
        Ok(groups)
    }

    fn next_order(&mut self) -> usize {
        self.order_next += 1;
        self.order_next
    }

    /// When something is due whatever comes in.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let rooms = self.rooms.values();
        rooms.flat_map(|room| room.due.values()).min().copied()
    }

    /// Takes a group in; gives its conversation.
    fn enter(&mut self, name: &str, now: Wall, group: Group) -> ConversationId {
        let at = conversation(group.gid());
        let order = self.next_order();
        let mut room = Room::new(name.to_owned(), now, order, group);
        name.clone_into(&mut room.notes.given_name);
        self.rooms.insert(at, room);
        self.unsaved.insert(at);
        at
    }
}

impl Engine {
    /// Operations of a group whose bytes are kept.
    #[cfg(test)]
    pub(super) fn operations(&self, at: ConversationId) -> usize {
        let room = self.profile.as_ref().and_then(|profile| profile.room(at));
        room.map_or(0, |room| room.ops.len())
    }

    /// Keeps the table of tags true, and opens what came before its tag was watched: the
    /// mesh keeps no order.
    fn group_moved(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        tags: GroupTags,
    ) -> Result<(), EngineError> {
        profile.tags.unwatch(tags.removed);
        let owner = TagOwner::Group(at);
        profile.tags.watch(owner, tags.added.iter().copied());
        for tag in &tags.added {
            self.open_tagged(now, tag)?;
        }
        Ok(())
    }
}

impl Profile {
    fn room(&self, at: ConversationId) -> Option<&Room> {
        self.groups.rooms.get(&at)
    }

    /// A group that is about to change: it will be written.
    fn room_mut(&mut self, at: ConversationId) -> Option<&mut Room> {
        let room = self.groups.rooms.get_mut(&at)?;
        self.groups.unsaved.insert(at);
        Some(room)
    }

    /// Whether a conversation is a group.
    pub(super) fn is_group(&self, conversation: ConversationId) -> bool {
        self.groups.rooms.contains_key(&conversation)
    }

    /// Writes back what changed, once for everything that happened in a batch.
    pub(super) fn save_groups(&mut self) -> Result<(), StoreError> {
        for at in core::mem::take(&mut self.groups.unsaved) {
            if let Some(room) = self.groups.rooms.get(&at) {
                self.store.put_group(&GroupRow {
                    conversation: at,
                    name: room.name.clone(),
                    joined_at: room.joined_at,
                    progress: room.notes.encode(),
                    state: room.group.encode(),
                })?;
            } else if let Some(joining) = self.groups.joinings.get(&at) {
                self.store.put_group(&joining.row(at))?;
            }
        }
        Ok(())
    }

    /// Watches whatever members may write to us with: at start and on a new day.
    pub(super) fn watch_groups(&mut self) {
        self.tags
            .forget(|owner| matches!(owner, TagOwner::Group(_)));
        for (at, room) in &self.groups.rooms {
            self.tags.watch(TagOwner::Group(*at), room.group.tags());
        }
    }

    /// Keeps the bytes of an operation for members who lack them.
    fn keep_op(&mut self, at: ConversationId, eid: Eid, op: &[u8]) -> Result<(), StoreError> {
        let Some(room) = self.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let last = room.ops.last_key_value().map_or(0, |(number, _)| *number);
        let number = last.saturating_add(1);
        room.ops.insert(number, (eid, op.to_vec()));
        self.store.put_queued(Queue::Operations, at, number, op)?;
        while room.ops.len() > GROUP_OPS_KEPT_MAX
            && let Some((oldest, _)) = room.ops.pop_first()
        {
            self.store.remove_queued(Queue::Operations, at, oldest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
