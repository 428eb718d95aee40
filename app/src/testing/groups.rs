//! The fake node's groups, and what it does about messages.

use mesh_core::api::{
    Answer, Arrest, CommandError, Event, GroupCommand, GroupView, MemberView, MessageCommand,
};
use mesh_core::redact::Redacted;
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, MemberId, Message, MessageId, Reaction, Role,
};

use super::{FakeState, NOW};

/// Our own id in every fake group.
pub const US: MemberId = MemberId([0; 16]);

impl FakeState {
    pub(super) fn ask_group(&mut self, ask: &GroupCommand) -> Result<Answer, CommandError> {
        match ask {
            GroupCommand::Create { name, members } => {
                let conversation = self.found(&name.0, members.clone(), Vec::new());
                Ok(Answer::Joined { conversation })
            }
            GroupCommand::Add {
                conversation,
                contact,
            } => self.change_group(*conversation, |view| view.invited.push(*contact)),
            GroupCommand::Remove {
                conversation,
                member,
            } => self.remove_member(*conversation, *member),
            GroupCommand::SetRole {
                conversation,
                member,
                role,
            } => self.change_group(*conversation, |view| {
                for one in &mut view.members {
                    if one.member == *member {
                        one.role = *role;
                    }
                }
            }),
            GroupCommand::Rename { conversation, name } => {
                for view in &mut self.conversations {
                    if view.conversation == *conversation {
                        view.name.clone_from(name);
                    }
                }
                self.change_group(*conversation, |view| view.name.clone_from(name))
            }
            GroupCommand::Arrested {
                conversation,
                member,
            } => self.arrest(*conversation, *member),
            GroupCommand::ContinueWithout {
                conversation,
                member,
            } => self.without(*conversation, *member),
        }
    }

    /// Somebody is cut off by whoever is senior; an equal needs another signature.
    fn remove_member(
        &mut self,
        conversation: ConversationId,
        member: MemberId,
    ) -> Result<Answer, CommandError> {
        let view = self.group(conversation)?;
        let ours = view.role.ok_or(CommandError::NotMember)?;
        let mut members = view.members.iter();
        let one = members.find(|one| one.member == member);
        let theirs = one.ok_or(CommandError::UnknownMember)?.role;
        if ours == Role::Member {
            return Err(CommandError::NotAllowed);
        }
        if theirs >= ours {
            return Err(CommandError::NeedsAnother);
        }
        self.change_group(conversation, |view| {
            view.members.retain(|one| one.member != member);
            view.is_ready = false;
        })
    }

    fn arrest(
        &mut self,
        conversation: ConversationId,
        member: MemberId,
    ) -> Result<Answer, CommandError> {
        let view = self.group(conversation)?;
        let mut members = view.members.iter();
        let contact = members
            .find(|one| one.member == member)
            .ok_or(CommandError::UnknownMember)?
            .contact;
        let is_them = |group: ConversationId, one: &MemberView| {
            (group == conversation && one.member == member)
                || (contact.is_some() && one.contact == contact)
        };
        let everywhere: Vec<(ConversationId, MemberId)> = self
            .groups
            .iter()
            .filter_map(|view| {
                let mut members = view.members.iter();
                let one = members.find(|one| is_them(view.conversation, one))?;
                Some((view.conversation, one.member))
            })
            .collect();
        let mut arrest = Arrest::default();
        for (group, member) in everywhere {
            match self.remove_member(group, member) {
                Ok(_) => arrest.removed.push(group),
                Err(CommandError::NeedsAnother) => arrest.signed.push(group),
                Err(_) => arrest.left.push(group),
            }
        }
        Ok(Answer::Arrested(arrest))
    }

    fn without(
        &mut self,
        conversation: ConversationId,
        member: MemberId,
    ) -> Result<Answer, CommandError> {
        let view = self.group(conversation)?;
        let members = view.members.iter().skip(1);
        let others: Vec<MemberView> = members
            .filter(|one| one.member != member)
            .cloned()
            .collect();
        let name = view.name.0.clone();
        self.change_group(conversation, |view| view.role = None)?;
        let conversation = self.found(&name, Vec::new(), others);
        Ok(Answer::Joined { conversation })
    }

    fn found(
        &mut self,
        name: &str,
        invited: Vec<ContactId>,
        others: Vec<MemberView>,
    ) -> ConversationId {
        let conversation = self.add(ConversationKind::Group, name);
        let mut members = vec![us(Role::Owner)];
        members.extend(others);
        self.groups.push(GroupView {
            invited,
            ..group(conversation, name, members)
        });
        conversation
    }

    pub(super) fn group(&self, conversation: ConversationId) -> Result<&GroupView, CommandError> {
        let mut groups = self.groups.iter();
        groups
            .find(|view| view.conversation == conversation)
            .ok_or(CommandError::UnknownGroup)
    }

    fn change_group(
        &mut self,
        conversation: ConversationId,
        change: impl FnOnce(&mut GroupView),
    ) -> Result<Answer, CommandError> {
        let mut groups = self.groups.iter_mut();
        let view = groups.find(|view| view.conversation == conversation);
        change(view.ok_or(CommandError::UnknownGroup)?);
        self.events.push_back(Event::GroupChanged { conversation });
        Ok(Answer::Done)
    }

    pub(super) fn ask_message(
        &mut self,
        conversation: ConversationId,
        message_id: MessageId,
        ask: &MessageCommand,
    ) -> Result<Answer, CommandError> {
        self.refuse_channel(conversation)?;
        let mut messages = self.messages.iter();
        let at = messages.position(|message| message.message_id == message_id);
        let at = at.ok_or(CommandError::UnknownMessage)?;
        if *ask == MessageCommand::DeleteHere {
            self.messages.remove(at);
            self.events.push_back(Event::MessageRemoved {
                conversation,
                message_id,
            });
            return Ok(Answer::Done);
        }
        let message = self
            .messages
            .get_mut(at)
            .ok_or(CommandError::UnknownMessage)?;
        match ask {
            MessageCommand::React { emoji } => react(message, &emoji.0),
            _ if !message.from.own => return Err(CommandError::NotYours),
            MessageCommand::Edit { text } => {
                message.text.clone_from(&text.0);
                message.marks.edited_at = Some(NOW);
            }
            _ => {
                message.text.clear();
                message.marks.is_withdrawn = true;
            }
        }
        let changed = Event::MessageChanged(message.clone());
        self.events.push_back(changed);
        Ok(Answer::Done)
    }

    pub(super) fn set_timer(
        &mut self,
        conversation: ConversationId,
        seconds: Option<u32>,
    ) -> Result<Answer, CommandError> {
        self.refuse_channel(conversation)?;
        for view in &mut self.conversations {
            if view.conversation == conversation {
                view.timer_s = seconds;
            }
        }
        Ok(Answer::Done)
    }

    fn refuse_channel(&self, conversation: ConversationId) -> Result<(), CommandError> {
        let mut views = self.conversations.iter();
        let view = views.find(|view| view.conversation == conversation);
        match view.ok_or(CommandError::UnknownConversation)?.kind {
            ConversationKind::Public | ConversationKind::Keyed => Err(CommandError::NotInChannel),
            ConversationKind::Direct | ConversationKind::Group => Ok(()),
        }
    }
}

/// One emoji from each person.
fn react(message: &mut Message, emoji: &str) {
    let reactions = &mut message.marks.reactions;
    for one in reactions.iter_mut().filter(|one| one.own) {
        one.own = false;
        one.count = one.count.saturating_sub(1);
    }
    reactions.retain(|one| one.count > 0);
    if emoji.is_empty() {
        return;
    }
    match reactions.iter_mut().find(|one| one.emoji == emoji) {
        Some(one) => {
            one.count += 1;
            one.own = true;
        }
        None => reactions.push(Reaction {
            emoji: emoji.to_owned(),
            count: 1,
            own: true,
        }),
    }
}

/// A group with these members, ready, in which we are what the first member is.
#[must_use]
pub fn group(conversation: ConversationId, name: &str, members: Vec<MemberView>) -> GroupView {
    let ours = members.iter().find(|one| one.is_us).map(|one| one.role);
    GroupView {
        conversation,
        name: name.to_owned().into(),
        members,
        invited: Vec::new(),
        role: ours,
        is_ready: true,
    }
}

/// Ourselves in a group.
#[must_use]
pub fn us(role: Role) -> MemberView {
    MemberView {
        is_us: true,
        role,
        ..member(0, "Mira", None)
    }
}

/// Somebody else in a group; their badge follows from the number.
#[must_use]
pub fn member(number: u8, name: &str, contact: Option<ContactId>) -> MemberView {
    let name: Redacted<String> = name.to_owned().into();
    MemberView {
        member: MemberId([number; 16]),
        badge: [number.wrapping_mul(37).wrapping_add(11); 8],
        is_us: false,
        contact,
        name,
        role: Role::Member,
        awaits_removal: false,
    }
}
