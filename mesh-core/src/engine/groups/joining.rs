//! Coming into a group: an invitation, keys made for it, and a welcome, each an item in
//! messages of two people.
//!
//! Only from and to contacts. An invitation is answered by the device, not by the person:
//! being in a group shows nothing to anybody whom they do not know, and they can leave.

use zeroize::Zeroizing;

use crate::api::Event;
use crate::crypto::group::{Group, GroupTags, OwnKeys, conversation};
use crate::crypto::secret::Secret;
use crate::limits::{
    DAY_MS, GROUP_ADD_WAIT_MS, GROUP_INVITES_OPEN_MAX, GROUP_WELCOME_PIECE_BYTES,
    GROUP_WELCOME_PIECES_MAX, GROUPS_MAX, RESEND_DAYS,
};
use crate::redact::Redacted;
use crate::store::{GroupRow, StoreError};
use crate::types::{ContactId, ConversationId, Now, Role, Standing, Wall};
use crate::wire::items::{GroupKeys, Item, WelcomePiece};

use super::super::{Engine, EngineError, Profile};
use super::Due;
use super::notes::{Row, put_bytes, put_option};
use super::pieces::Assembly;

/// Welcomes without an invitation of one contact that are put together at a time.
const UNASKED_MAX: usize = 2;
/// Invitations that are remembered after what they were for.
const DONE_MAX: usize = 2 * GROUPS_MAX;

/// An invitation that we answered, or pieces that a member of a group of ours sends: how
/// it went on where we were not.
pub(super) struct Joining {
    invite: [u8; 16],
    from: ContactId,
    name: String,
    at: Wall,
    /// Seed of GSK and secret of MK, if it is an invitation.
    keys: Option<(Secret<32>, Secret<32>)>,
    pieces: Assembly,
    /// The welcome came: only the id of the invitation is kept, as it may come again.
    pub(super) is_done: bool,
}

impl Joining {
    /// As the store keeps it.
    pub(super) fn row(&self, at: ConversationId) -> GroupRow {
        let (count, pieces) = self.pieces.parts();
        let pieces: Vec<(u8, &[u8])> = pieces.collect();
        let keys = self.keys.as_ref();
        // The room is there from the start: growing would leave copies of secrets.
        let bytes: usize = pieces.iter().map(|(_, piece)| piece.len() + 3).sum();
        let mut progress = Zeroizing::new(Vec::with_capacity(128 + bytes));
        progress.push(VERSION);
        progress.push(u8::from(self.is_done));
        progress.extend(self.invite);
        progress.extend(self.from.0);
        put_option(&mut progress, keys.map(|(sign, _)| sign.expose()));
        put_option(&mut progress, keys.map(|(_, wrap)| wrap.expose()));
        progress.push(count);
        for (index, piece) in pieces {
            progress.push(index);
            put_bytes(&mut progress, piece);
        }
        GroupRow {
            conversation: at,
            name: self.name.clone(),
            joined_at: self.at,
            progress,
            state: Zeroizing::new(Vec::new()),
        }
    }

    /// From a row.
    pub(super) fn decode(row: &GroupRow) -> Result<Self, StoreError> {
        Self::read(row).ok_or(StoreError::Malformed("an invitation"))
    }

    fn read(of: &GroupRow) -> Option<Self> {
        let mut row = Row(&of.progress);
        let [VERSION] = row.take()? else {
            return None;
        };
        let is_done = row.flag()?;
        let (invite, from) = (row.take()?, ContactId(row.take()?));
        let mut secret = || row.option(|row| row.take().map(|mut bytes| Secret::take(&mut bytes)));
        let keys = secret()?.zip(secret()?);
        let [count] = row.take()?;
        let mut pieces = Assembly::default();
        while !row.0.is_empty() {
            let [index] = row.take()?;
            pieces.put(index, count, row.bytes()?);
        }
        Some(Self {
            invite,
            from,
            name: of.name.clone(),
            at: of.joined_at,
            keys,
            pieces,
            is_done,
        })
    }

    /// The keys, for a group.
    fn own_keys(&self) -> Option<OwnKeys> {
        let (sign, wrap) = self.keys.as_ref()?;
        let mut copies = [Secret::zeroed(), Secret::zeroed()];
        for (copy, of) in copies.iter_mut().zip([sign, wrap]) {
            *copy.expose_mut() = *of.expose();
        }
        let [sign, wrap] = copies;
        Some(OwnKeys::from_secrets(sign, wrap))
    }
}

const VERSION: u8 = 2;

/// A welcome, or what stands in its place, in messages of one piece each; none if it is
/// too long.
pub(super) fn pieces_of(invite: [u8; 16], welcome: &[u8]) -> Vec<Vec<Item>> {
    let count = welcome.len().div_ceil(GROUP_WELCOME_PIECE_BYTES);
    let count = u8::try_from(count).unwrap_or(u8::MAX);
    if count > GROUP_WELCOME_PIECES_MAX {
        return Vec::new();
    }
    let piece = |(index, bytes): (u8, &[u8])| {
        vec![Item::GroupWelcome(WelcomePiece {
            invite,
            index,
            count,
            bytes: Zeroizing::new(bytes.to_vec()),
        })]
    };
    let chunks = welcome.chunks(GROUP_WELCOME_PIECE_BYTES);
    (0..count).zip(chunks).map(piece).collect()
}

impl Engine {
    /// Takes what a message of a contact says about groups. Comes again what was taken,
    /// nothing happens.
    pub(in super::super) fn take_group_items(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        items: &[Item],
    ) -> Result<(), EngineError> {
        if profile.standing_of(contact) != Some(Standing::Accepted) {
            return Ok(());
        }
        for item in items {
            match item {
                Item::GroupInvite(invite, name) => {
                    self.take_invite(now, profile, contact, *invite, name)?;
                }
                Item::GroupKeys(keys) => self.take_keys(now, profile, contact, keys),
                Item::GroupWelcome(piece) => {
                    self.take_welcome_piece(now, profile, contact, piece)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A contact asks us in: keys for that group alone go back, after a random time.
    fn take_invite(
        &mut self,
        now: Now,
        profile: &mut Profile,
        from: ContactId,
        invite: [u8; 16],
        name: &str,
    ) -> Result<(), EngineError> {
        profile.forget_old_joinings(now)?;
        let groups = &profile.groups;
        let invitations = groups.joinings.values().filter(|it| it.keys.is_some());
        let of_theirs = invitations.clone().filter(|it| it.from == from).count();
        let is_known = groups.joinings.values().any(|it| it.invite == invite);
        let all = groups.rooms.len() + invitations.count();
        if is_known || of_theirs >= GROUP_INVITES_OPEN_MAX || all >= GROUPS_MAX {
            return Ok(());
        }
        let keys = OwnKeys::draw(self.rng.as_mut());
        let member = keys.member(Role::Member);
        let joining = Joining {
            invite,
            from,
            name: name.to_owned(),
            at: now.wall,
            keys: Some(keys.into_secrets()),
            pieces: Assembly::default(),
            is_done: false,
        };
        let at = ConversationId(self.draw_id());
        profile.groups.joinings.insert(at, joining);
        profile.groups.unsaved.insert(at);
        let answer = Item::GroupKeys(GroupKeys {
            invite,
            gsk: member.gsk,
            mk: member.mk,
        });
        self.send_items(now, profile, from, vec![vec![answer]], false)
    }

    /// A contact whom we asked in answers: they are added with all others who do so soon.
    fn take_keys(&mut self, now: Now, profile: &mut Profile, from: ContactId, keys: &GroupKeys) {
        let mut rooms = profile.groups.rooms.iter_mut();
        let asked = rooms.find_map(|(at, room)| {
            let mut invited = room.notes.invited.iter_mut();
            let asked = invited.find(|it| it.invite == keys.invite && it.contact == from)?;
            asked.keys.is_none().then_some((*at, asked))
        });
        let Some((at, asked)) = asked else {
            return;
        };
        asked.keys = Some((keys.gsk, keys.mk));
        profile.groups.unsaved.insert(at);
        self.group_later(now, profile, at, Due::Add, GROUP_ADD_WAIT_MS);
    }

    /// A piece of a welcome: of an invitation of theirs that we answered, or of a contact
    /// with whom we are in a group. Strangers' pieces are dropped.
    fn take_welcome_piece(
        &mut self,
        now: Now,
        profile: &mut Profile,
        from: ContactId,
        piece: &WelcomePiece,
    ) -> Result<(), EngineError> {
        let mut joinings = profile.groups.joinings.iter();
        let joining = joinings.find(|(_, it)| it.invite == piece.invite && it.from == from);
        let at = match joining.map(|(at, it)| (*at, it.is_done)) {
            Some((_, true)) => return Ok(()),
            Some((at, false)) => at,
            None if profile.shares_group_with(from) => {
                let at = ConversationId(self.draw_id());
                profile.begin_unasked(now, at, from, piece.invite)?;
                at
            }
            None => return Ok(()),
        };
        let Some(joining) = profile.groups.joinings.get_mut(&at) else {
            return Ok(());
        };
        joining.pieces.put(piece.index, piece.count, &piece.bytes);
        profile.groups.unsaved.insert(at);
        let Some(welcome) = joining.pieces.whole() else {
            return Ok(());
        };
        // Whatever comes of it, there is one try.
        let joining = profile.groups.joinings.remove(&at);
        profile.store.remove_conversation(at)?;
        match joining {
            Some(joining) if joining.keys.is_some() => {
                profile.remember_done(now, at, &joining)?;
                self.join_invited(now, profile, &joining, &welcome)
            }
            Some(_) => self.take_history(now, profile, from, &welcome),
            None => Ok(()),
        }
    }

    fn join_invited(
        &mut self,
        now: Now,
        profile: &mut Profile,
        joining: &Joining,
        welcome: &[u8],
    ) -> Result<(), EngineError> {
        let keys = joining.own_keys();
        let joined = keys.and_then(|keys| Group::join(keys, welcome, now.wall));
        match joined {
            Some(joined) => self.come_in(now, profile, Some(joining.from), &joining.name, joined),
            None => Ok(()),
        }
    }

    /// A group that we were taken into.
    pub(super) fn come_in(
        &mut self,
        now: Now,
        profile: &mut Profile,
        from: Option<ContactId>,
        name: &str,
        (group, tags): (Group, GroupTags),
    ) -> Result<(), EngineError> {
        let at = conversation(group.gid());
        let is_over = profile.room(at).is_some_and(|room| room.role().is_none());
        if profile.is_group(at) && !is_over {
            return self.leave_again(now, profile, at, &group);
        }
        if profile.groups.rooms.len() >= GROUPS_MAX && !is_over {
            return Ok(());
        }
        let before = profile.take_down(at)?;
        // The operation that took us in is of whoever sent the welcome.
        let epochs = group.epochs();
        let inviter = epochs.first().and_then(|eid| group.maker(eid));
        let at = profile.groups.enter(name, now.wall, group);
        if let Some(before) = before {
            profile.know_again(at, &before);
            self.tell(Event::GroupChanged { conversation: at });
        }
        self.group_moved(now, profile, at, tags)?;
        if let Some(room) = profile.groups.rooms.get_mut(&at)
            && let Some(known) = inviter.and_then(|id| room.notes.known_mut(&id))
        {
            known.contact = from;
        }
        self.begin_group(now, profile, at);
        self.tell(Event::GroupJoined {
            conversation: at,
            name: Redacted(name.to_owned()),
        });
        self.tell(Event::ConversationsChanged);
        Ok(())
    }

    /// Two asked us into one group, and we are two members of it: the second one leaves.
    fn leave_again(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        second: &Group,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room(at) else {
            return Ok(());
        };
        let (me, epochs) = (room.group.me(), room.group.epochs());
        if second.me() == me {
            return Ok(());
        }
        let Some(op) = second.leave(self.rng.as_mut()) else {
            return Ok(());
        };
        self.take_op(now, profile, at, me, &op)?;
        self.tell_op(now, profile, at, &op, &epochs)
    }

    /// A member tells what happened where we were not.
    fn take_history(
        &mut self,
        now: Now,
        profile: &mut Profile,
        from: ContactId,
        welcome: &[u8],
    ) -> Result<(), EngineError> {
        let shared: Vec<ConversationId> = profile.groups_with(from).collect();
        for at in shared {
            let Some(room) = profile.room_mut(at) else {
                continue;
            };
            if room.group.take_welcome(welcome, now.wall).is_some() {
                self.take_orphans(now, profile, at)?;
                self.changed(now, profile, at)?;
                self.tell_heads_later(now, profile, at);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Profile {
    /// Groups in which a contact is a member.
    fn groups_with(&self, contact: ContactId) -> impl Iterator<Item = ConversationId> {
        let rooms = self.groups.rooms.iter();
        rooms
            .filter(move |(_, room)| room.member_of(contact).is_some())
            .map(|(at, _)| *at)
    }

    fn shares_group_with(&self, contact: ContactId) -> bool {
        self.groups_with(contact).next().is_some()
    }

    /// Makes room for pieces that nobody asked for: the oldest of a contact go.
    fn begin_unasked(
        &mut self,
        now: Now,
        at: ConversationId,
        from: ContactId,
        invite: [u8; 16],
    ) -> Result<(), StoreError> {
        let unasked = self.groups.joinings.iter();
        let unasked = unasked.filter(|(_, it)| it.from == from && it.keys.is_none() && !it.is_done);
        let mut unasked: Vec<(Wall, ConversationId)> =
            unasked.map(|(at, it)| (it.at, *at)).collect();
        unasked.sort_unstable();
        let surplus = (unasked.len() + 1).saturating_sub(UNASKED_MAX);
        for (_, old) in unasked.into_iter().take(surplus) {
            self.groups.joinings.remove(&old);
            self.store.remove_conversation(old)?;
        }
        let joining = Joining {
            invite,
            from,
            name: String::new(),
            at: now.wall,
            keys: None,
            pieces: Assembly::default(),
            is_done: false,
        };
        self.groups.joinings.insert(at, joining);
        Ok(())
    }

    /// Remembers an invitation that led somewhere: it may come again, sent twice or held
    /// up, and is not to be answered twice. Of too many the oldest are forgotten.
    fn remember_done(
        &mut self,
        now: Now,
        at: ConversationId,
        of: &Joining,
    ) -> Result<(), StoreError> {
        let done = self.groups.joinings.iter().filter(|(_, it)| it.is_done);
        let mut done: Vec<(Wall, ConversationId)> = done.map(|(at, it)| (it.at, *at)).collect();
        done.sort_unstable();
        let surplus = (done.len() + 1).saturating_sub(DONE_MAX);
        for (_, old) in done.into_iter().take(surplus) {
            self.groups.joinings.remove(&old);
            self.store.remove_conversation(old)?;
        }
        let joining = Joining {
            invite: of.invite,
            from: of.from,
            name: String::new(),
            at: now.wall,
            keys: None,
            pieces: Assembly::default(),
            is_done: true,
        };
        self.groups.joinings.insert(at, joining);
        self.groups.unsaved.insert(at);
        Ok(())
    }

    /// Forgets invitations that nothing followed for a week.
    pub(super) fn forget_old_joinings(&mut self, now: Now) -> Result<(), StoreError> {
        let oldest = now.wall.minus_ms(RESEND_DAYS * DAY_MS);
        let joinings = self.groups.joinings.iter();
        let old: Vec<ConversationId> = joinings
            .filter(|(_, joining)| joining.at < oldest)
            .map(|(at, _)| *at)
            .collect();
        for at in old {
            self.groups.joinings.remove(&at);
            self.store.remove_conversation(at)?;
        }
        Ok(())
    }
}
