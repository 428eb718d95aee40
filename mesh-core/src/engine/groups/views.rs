//! Groups as the app sees them.

use core::cmp::Reverse;

use crate::api::{Answer, CommandError, GroupView, MemberView};
use crate::redact::Redacted;
use crate::types::{ConversationId, MemberId, Role};

use super::super::Profile;
use super::Room;

impl Profile {
    /// Every group with what it is called, in the order in which they were joined.
    pub(in super::super) fn group_conversations(&self) -> Vec<(ConversationId, String)> {
        let mut rooms: Vec<_> = self.groups.rooms.iter().collect();
        rooms.sort_by_key(|(_, room)| room.order);
        let rooms = rooms.into_iter();
        rooms.map(|(at, room)| (*at, room.name.clone())).collect()
    }

    /// Who is in a group.
    pub(in super::super) fn group(&self, at: ConversationId) -> Result<Answer, CommandError> {
        let room = self.room(at).ok_or(CommandError::UnknownGroup)?;
        let roster = room.group.roster();
        let known = room.notes.members.iter().map(|known| known.id);
        let mut members: Vec<MemberId> = known.filter(|id| roster.contains_key(id)).collect();
        let me = room.group.me();
        members.sort_by_key(|id| {
            let role = roster.get(id).map(|member| member.role);
            (*id != me, Reverse(role))
        });
        let members = members.iter().map(|id| self.member_view(at, room, id));
        Ok(Answer::Group(GroupView {
            conversation: at,
            name: Redacted(room.name.clone()),
            members: members.collect(),
            invited: room.notes.invited.iter().map(|it| it.contact).collect(),
            role: room.role(),
            is_ready: room.is_ready(),
        }))
    }

    fn member_view(&self, at: ConversationId, room: &Room, id: &MemberId) -> MemberView {
        let gsk = room.gsk(id).unwrap_or_default();
        let mut badge = [0; 8];
        badge
            .iter_mut()
            .zip(gsk)
            .for_each(|(slot, byte)| *slot = byte);
        let role = room.group.roster().get(id).map(|member| member.role);
        let contact = room.notes.contact(id);
        let removes = [*id];
        MemberView {
            member: *id,
            badge,
            is_us: *id == room.group.me(),
            contact: contact.filter(|contact| self.standing_of(*contact).is_some()),
            name: Redacted(self.member_name(at, id)),
            role: role.unwrap_or(Role::Member),
            awaits_removal: room.agreed_by_another(&removes).is_some()
                && !room.we_agreed(&removes)
                && room.role() >= Some(Role::Admin),
        }
    }
}
