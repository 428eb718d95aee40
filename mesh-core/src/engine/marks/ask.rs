//! What a person asks for about a message, or for the timer of a conversation.

use crate::api::{Answer, CommandError, Event, MessageCommand};
use crate::limits::{DAY_MS, DISAPPEAR_S_MAX};
use crate::redact::Redacted;
use crate::store::MessageRow;
use crate::types::{ConversationId, Lifetime, MessageId, Now, Standing, Wall};
use crate::wire::items::{Item, Timer, is_emoji};

use super::super::compose::check;
use super::super::{Draft, Engine, EngineError, Profile};
use super::{Outgoing, Said, named, whole};

type Asked = Result<Result<Answer, CommandError>, EngineError>;

impl Engine {
    pub(in super::super) fn ask_of_message(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        message_id: MessageId,
        ask: MessageCommand,
    ) -> Asked {
        if let Err(refused) = profile.may_mark(conversation) {
            return Ok(Err(refused));
        }
        let Some(row) = profile.store.message(conversation, message_id)? else {
            return Ok(Err(CommandError::UnknownMessage));
        };
        if ask == MessageCommand::DeleteHere {
            self.remove_here(profile, &named(&row))?;
            self.tell(Event::ConversationsChanged);
            return Ok(Ok(Answer::Done));
        }
        if profile.standing_in(conversation) == Some(Standing::Blocked) {
            return Ok(Err(CommandError::Blocked));
        }
        let is_new = ask != MessageCommand::Withdraw || !profile.waits(conversation, message_id);
        if is_new && let Err(refused) = profile.may_say_in_group(conversation) {
            return Ok(Err(refused));
        }
        let marks = profile.store.marks(&named(&row))?.unwrap_or_default();
        match ask {
            MessageCommand::Withdraw if marks.is_withdrawn => Ok(Ok(Answer::Done)),
            _ if marks.is_withdrawn => Ok(Err(CommandError::UnknownMessage)),
            MessageCommand::React { emoji } => self.react(now, profile, &row, emoji.0),
            _ if !row.own => Ok(Err(CommandError::NotYours)),
            MessageCommand::Edit { text } => self.edit(now, profile, &row, text.0, marks.edited_at),
            MessageCommand::Withdraw | MessageCommand::DeleteHere => {
                self.withdraw_own(now, profile, &row)
            }
        }
    }

    fn react(&mut self, now: Now, profile: &mut Profile, row: &MessageRow, emoji: String) -> Asked {
        if !emoji.is_empty() && !is_emoji(&emoji) {
            return Ok(Err(CommandError::Emoji));
        }
        let reactions = profile.store.reactions(&named(row))?;
        let held = reactions.into_iter().find(|reaction| reaction.own);
        let shown = held.as_ref().map_or("", |held| held.emoji.as_str());
        if shown == emoji {
            return Ok(Ok(Answer::Done));
        }
        let written_at = after(now, held.map(|held| held.at));
        let items = vec![Item::Reaction(row.message_id, emoji)];
        self.say_of(now, profile, row, String::new(), items, written_at)
    }

    fn edit(
        &mut self,
        now: Now,
        profile: &mut Profile,
        row: &MessageRow,
        text: String,
        edited_at: Option<Wall>,
    ) -> Asked {
        let draft = Draft::text(Redacted(text.clone()));
        if let Err(refused) = check(&draft) {
            return Ok(Err(refused));
        }
        if text == row.text {
            return Ok(Ok(Answer::Done));
        }
        let items = vec![Item::Edit(row.message_id)];
        self.say_of(now, profile, row, text, items, after(now, edited_at))
    }

    fn withdraw_own(&mut self, now: Now, profile: &mut Profile, row: &MessageRow) -> Asked {
        self.withdraw_here(profile, row)?;
        let may_have_left = match profile.contact_of(row.conversation) {
            Some(contact) => self.empty_unacked(profile, contact, row.message_id)?,
            None => profile.empty_unsealed(row.conversation, row.message_id)?,
        };
        if !may_have_left {
            return Ok(Ok(Answer::Done));
        }
        let items = vec![Item::Delete(row.message_id)];
        self.say_of(now, profile, row, String::new(), items, now.wall)
    }

    /// Says something of a message to the others, after doing it here.
    fn say_of(
        &mut self,
        now: Now,
        profile: &mut Profile,
        row: &MessageRow,
        text: String,
        items: Vec<Item>,
        written_at: Wall,
    ) -> Asked {
        let Some(author) = profile.own_author(row.conversation) else {
            return Ok(Err(CommandError::NotInChannel));
        };
        let said = Said {
            conversation: row.conversation,
            author,
            message_id: row.message_id,
            written_at,
        };
        let mut here = items.clone();
        here.extend((!text.is_empty()).then(|| whole(&text)));
        self.take_items(now, profile, &said, &here)?;
        let outgoing = Outgoing {
            text,
            items,
            lifetime: Lifetime::default(),
            expire: 0,
            written_at,
        };
        self.say_beside(now, profile, row.conversation, outgoing)
    }

    /// Sends what is said of messages into a conversation.
    fn say_beside(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        outgoing: Outgoing,
    ) -> Asked {
        match profile.contact_of(conversation) {
            Some(contact) => {
                self.say_to(now, profile, contact, outgoing)?;
                Ok(Ok(Answer::Done))
            }
            None => {
                let said = self.say_in_group(now, profile, conversation, outgoing)?;
                Ok(said.map(|_| Answer::Done))
            }
        }
    }

    pub(in super::super) fn ask_for_timer(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        seconds: u32,
    ) -> Asked {
        if let Err(refused) = profile.may_mark(conversation) {
            return Ok(Err(refused));
        }
        if profile.standing_in(conversation) == Some(Standing::Blocked) {
            return Ok(Err(CommandError::Blocked));
        }
        if let Err(refused) = profile.may_say_in_group(conversation) {
            return Ok(Err(refused));
        }
        if seconds > DISAPPEAR_S_MAX {
            let days = u64::from(DISAPPEAR_S_MAX) * 1_000 / DAY_MS;
            let days = u32::try_from(days).unwrap_or(u32::MAX);
            return Ok(Err(CommandError::Timer { days }));
        }
        let held = profile.store.timer(conversation)?;
        if held.unwrap_or_default().seconds == seconds {
            return Ok(Ok(Answer::Done));
        }
        let set_at = after(self.mesh_now(now), held.map(|held| held.set_at));
        let timer = Timer { set_at, seconds };
        profile.store.set_timer(conversation, timer)?;
        self.tell(Event::ConversationsChanged);
        let outgoing = Outgoing {
            text: String::new(),
            items: vec![Item::Timer(timer)],
            lifetime: Lifetime::default(),
            expire: 0,
            written_at: now.wall,
        };
        self.say_beside(now, profile, conversation, outgoing)
    }
}

/// Now, and after what it shall take the place of, whatever clocks say.
fn after(now: Now, before: Option<Wall>) -> Wall {
    now.wall.max(before.map_or(Wall(0), |at| at.plus_ms(1)))
}

impl Profile {
    /// Whether a conversation has room for marks at all.
    fn may_mark(&self, conversation: ConversationId) -> Result<(), CommandError> {
        match (
            self.contact_of(conversation),
            self.conversation(conversation),
        ) {
            (Some(_), _) => Ok(()),
            (None, None) if self.is_group(conversation) => Ok(()),
            (None, Some(_)) => Err(CommandError::NotInChannel),
            (None, None) => Err(CommandError::UnknownConversation),
        }
    }
}
