//! What a person asks for about groups.

use crate::api::{Answer, Arrest, CommandError, Event, GroupCommand};
use crate::crypto::group::{Changes, Consent, Group, MemberId, OwnKeys, RekeyError};
use crate::limits::{GROUP_MEMBERS_MAX, GROUP_NAME_BYTES_MAX, GROUPS_MAX};
use crate::types::{ContactId, ConversationId, Now, Role, Standing};
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::Room;
use super::notes::{Agreed, Invited};

pub(super) type Asked = Result<Result<Answer, CommandError>, EngineError>;

/// What came of wanting somebody removed.
enum Removal {
    /// They are.
    Done,
    /// We signed; another admin must, too.
    Signed,
    /// We may not.
    NotAllowed,
    /// Not now: there are too many operations.
    Busy,
}

impl Engine {
    pub(in super::super) fn ask_groups(
        &mut self,
        now: Now,
        profile: &mut Profile,
        ask: GroupCommand,
    ) -> Asked {
        if profile.people.is_none() {
            return Ok(Err(CommandError::NoIdentity));
        }
        match ask {
            GroupCommand::Create { name, members } => {
                self.create_group(now, profile, name.0.trim(), &members)
            }
            GroupCommand::Add {
                conversation,
                contact,
            } => self.add_to_group(now, profile, conversation, contact),
            GroupCommand::Remove {
                conversation,
                member,
            } => self.remove_from_group(now, profile, conversation, member),
            GroupCommand::SetRole {
                conversation,
                member,
                role,
            } => self.set_role(now, profile, conversation, member, role),
            GroupCommand::Rename { conversation, name } => {
                Ok(self.rename_group(profile, conversation, name.0.trim()))
            }
            GroupCommand::Arrested {
                conversation,
                member,
            } => self.arrested(now, profile, conversation, member),
            GroupCommand::ContinueWithout {
                conversation,
                member,
            } => self.continue_without(now, profile, conversation, member),
        }
    }

    fn create_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        name: &str,
        members: &[ContactId],
    ) -> Asked {
        if let Err(refused) = check_name(name) {
            return Ok(Err(refused));
        }
        if profile.groups.rooms.len() >= GROUPS_MAX {
            return Ok(Err(CommandError::GroupsFull { max: GROUPS_MAX }));
        }
        let members: std::collections::BTreeSet<_> = members.iter().copied().collect();
        if members.len() >= GROUP_MEMBERS_MAX {
            let max = GROUP_MEMBERS_MAX;
            return Ok(Err(CommandError::GroupFull { max }));
        }
        let refused = members
            .iter()
            .find_map(|it| check_contact(profile, *it).err());
        if let Some(refused) = refused {
            return Ok(Err(refused));
        }
        let keys = OwnKeys::draw(self.rng.as_mut());
        let founded = Group::found(self.rng.as_mut(), keys, Vec::new(), now.wall);
        let Some((group, rekeyed)) = founded else {
            return Ok(Err(CommandError::NotAllowed));
        };
        let at = profile.groups.enter(name, now.wall, group);
        profile.keep_op(at, rekeyed.eid, &rekeyed.op)?;
        for contact in members {
            self.invite(now, profile, at, contact)?;
        }
        self.begin_group(now, profile, at);
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Joined { conversation: at }))
    }

    /// Asks a contact in.
    fn invite(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let invite = self.draw_id();
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        room.notes.invited.push(Invited {
            invite,
            contact,
            keys: None,
            at: now.wall,
        });
        let item = Item::GroupInvite(invite, room.notes.given_name.clone());
        self.send_items(now, profile, contact, vec![vec![item]], true)
    }

    fn add_to_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        contact: ContactId,
    ) -> Asked {
        if let Err(refused) = check_contact(profile, contact) {
            return Ok(Err(refused));
        }
        let Some(room) = profile.room(at) else {
            return Ok(Err(CommandError::UnknownGroup));
        };
        let refused = match room.role() {
            None => Some(CommandError::NotMember),
            Some(Role::Member) => Some(CommandError::NotAllowed),
            Some(Role::Admin | Role::Owner) => None,
        };
        if let Some(refused) = refused {
            return Ok(Err(refused));
        }
        let is_invited = room.notes.invited.iter().any(|it| it.contact == contact);
        if is_invited || room.member_of(contact).is_some() {
            return Ok(Err(CommandError::AlreadyMember));
        }
        if room.group.roster().len() + room.notes.invited.len() >= GROUP_MEMBERS_MAX {
            let max = GROUP_MEMBERS_MAX;
            return Ok(Err(CommandError::GroupFull { max }));
        }
        self.invite(now, profile, at, contact)?;
        self.tell(Event::GroupChanged { conversation: at });
        Ok(Ok(Answer::Done))
    }

    fn remove_from_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        member: MemberId,
    ) -> Asked {
        if let Err(refused) = check_member(profile.room(at), &member) {
            return Ok(Err(refused));
        }
        let removal = self.remove_member(now, profile, at, member)?;
        Ok(match removal {
            Removal::Done => Ok(Answer::Done),
            Removal::Signed => Err(CommandError::NeedsAnother),
            Removal::NotAllowed => Err(CommandError::NotAllowed),
            Removal::Busy => Err(CommandError::Busy),
        })
    }

    /// Removes a junior, or a senior together with another admin who signed that; else
    /// signs for another.
    fn remove_member(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        member: MemberId,
    ) -> Result<Removal, EngineError> {
        let removes = vec![member];
        let changes = || Changes {
            removes: removes.clone(),
            ..Changes::default()
        };
        match self.make_op(now, profile, at, changes(), None)? {
            Ok(()) => return Ok(Removal::Done),
            Err(RekeyError::Full) => return Ok(Removal::Busy),
            Err(RekeyError::NotAllowed | RekeyError::TooSoon) => {}
        }
        let Some(room) = profile.room_mut(at) else {
            return Ok(Removal::NotAllowed);
        };
        if member == room.group.me() || room.role().is_none_or(|role| role < Role::Admin) {
            return Ok(Removal::NotAllowed);
        }
        let theirs = room.agreed_by_another(&removes);
        let theirs = theirs.map(|agreed| Consent {
            signer: agreed.signer,
            signature: agreed.signature,
        });
        if theirs.is_some() {
            let made = self.make_op(now, profile, at, changes(), theirs)?;
            if made.is_ok() {
                return Ok(Removal::Done);
            }
        }
        let Some(room) = profile.room_mut(at) else {
            return Ok(Removal::NotAllowed);
        };
        let Some(control) = room.group.consent(&removes) else {
            return Ok(Removal::NotAllowed);
        };
        if let Some(Consent { signer, signature }) = control.consent(room.group.me()) {
            room.notes.agree(Agreed {
                signer,
                removes,
                signature,
            });
        }
        self.tell_everybody(now, profile, at, &control)?;
        Ok(Removal::Signed)
    }

    fn set_role(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        member: MemberId,
        role: Role,
    ) -> Asked {
        if let Err(refused) = check_member(profile.room(at), &member) {
            return Ok(Err(refused));
        }
        let changes = Changes {
            roles: vec![(member, role)],
            ..Changes::default()
        };
        let made = self.make_op(now, profile, at, changes, None)?;
        Ok(made.map(|()| Answer::Done).map_err(refusal))
    }

    fn rename_group(
        &mut self,
        profile: &mut Profile,
        at: ConversationId,
        name: &str,
    ) -> Result<Answer, CommandError> {
        check_name(name)?;
        let room = profile.room_mut(at).ok_or(CommandError::UnknownGroup)?;
        name.clone_into(&mut room.name);
        self.tell(Event::ConversationsChanged);
        Ok(Answer::Done)
    }

    /// Somebody was arrested: wherever they are with us, as far as we know.
    fn arrested(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        member: MemberId,
    ) -> Asked {
        if let Err(refused) = check_member(profile.room(at), &member) {
            return Ok(Err(refused));
        }
        let contact = profile
            .room(at)
            .and_then(|room| room.notes.contact(&member));
        let rooms = profile.groups.rooms.iter();
        let theirs: Vec<(ConversationId, MemberId)> = rooms
            .filter_map(|(of, room)| {
                let id = match *of == at {
                    true => Some(member),
                    false => contact.and_then(|contact| room.member_of(contact)),
                };
                Some((*of, id.filter(|_| room.role().is_some())?))
            })
            .collect();
        let mut arrest = Arrest::default();
        for (of, id) in theirs {
            match self.remove_member(now, profile, of, id)? {
                Removal::Done => arrest.removed.push(of),
                Removal::Signed => arrest.signed.push(of),
                Removal::NotAllowed | Removal::Busy => arrest.left.push(of),
            }
        }
        Ok(Ok(Answer::Arrested(arrest)))
    }

    /// Leaves a group: the others are told, and everything of it is deleted here. What
    /// was sealed still goes out.
    pub(in super::super) fn leave_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Asked {
        if let Some(room) = profile.room_mut(at)
            && room.role().is_some()
            && let Some(op) = room.group.leave(self.rng.as_mut())
        {
            let epochs = room.group.epochs();
            self.tell_op(now, profile, at, &op, &epochs)?;
        }
        let outbox = profile.store.outbox()?.into_iter();
        let sealed: Vec<_> = outbox.filter(|row| row.conversation == at).collect();
        if let Some(room) = profile.groups.rooms.remove(&at) {
            profile.tags.unwatch(room.group.tags());
        }
        profile.groups.unsaved.remove(&at);
        profile.store.remove_conversation(at)?;
        for row in sealed {
            profile.store.put_outbox(&crate::store::OutboxRow {
                conversation: ConversationId([0; 16]),
                message_id: super::say::nothing(),
                ..row
            })?;
        }
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Done))
    }
}

fn check_name(name: &str) -> Result<(), CommandError> {
    let fits = (1..=GROUP_NAME_BYTES_MAX).contains(&name.len());
    let is_one_line = !name.chars().any(char::is_control);
    let max = GROUP_NAME_BYTES_MAX;
    (fits && is_one_line)
        .then_some(())
        .ok_or(CommandError::GroupName { max })
}

fn check_contact(profile: &Profile, contact: ContactId) -> Result<(), CommandError> {
    match profile.standing_of(contact) {
        Some(Standing::Accepted) => Ok(()),
        Some(Standing::Blocked) => Err(CommandError::Blocked),
        Some(Standing::Asking) | None => Err(CommandError::UnknownContact),
    }
}

pub(super) fn check_member(room: Option<&Room>, member: &MemberId) -> Result<(), CommandError> {
    let room = room.ok_or(CommandError::UnknownGroup)?;
    room.role().ok_or(CommandError::NotMember)?;
    let is_there = room.group.roster().contains_key(member);
    is_there.then_some(()).ok_or(CommandError::UnknownMember)
}

fn refusal(refused: RekeyError) -> CommandError {
    match refused {
        RekeyError::NotAllowed => CommandError::NotAllowed,
        RekeyError::TooSoon | RekeyError::Full => CommandError::Busy,
    }
}
