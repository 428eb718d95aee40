//! Two people say things of each other's messages.

mod hostile;
mod leaving;
mod orders;
mod said;

use crate::api::{Answer, CommandError, ConversationView, Event, MessageCommand, Query};
use crate::engine::tests::crowd::Crowd;
use crate::engine::{Draft, Request};
use crate::redact::Redacted;
use crate::types::{ConversationId, Message, MessageId};
use crate::wire::items::Item;

use super::Outgoing;

impl Crowd {
    fn mark(
        &mut self,
        person: usize,
        of: ConversationId,
        message_id: MessageId,
        ask: MessageCommand,
    ) -> Result<Answer, CommandError> {
        self.ask(person, Request::Message(of, message_id, ask))
    }

    fn react(&mut self, person: usize, of: ConversationId, message_id: MessageId, emoji: &str) {
        let ask = MessageCommand::React {
            emoji: emoji.to_owned().into(),
        };
        assert_eq!(self.mark(person, of, message_id, ask), Ok(Answer::Done));
    }

    fn edit(&mut self, person: usize, of: ConversationId, message_id: MessageId, text: &str) {
        assert_eq!(
            self.mark(person, of, message_id, edit(text)),
            Ok(Answer::Done)
        );
    }

    fn withdraw(&mut self, person: usize, of: ConversationId, message_id: MessageId) {
        let done = self.mark(person, of, message_id, MessageCommand::Withdraw);
        assert_eq!(done, Ok(Answer::Done));
    }

    fn set_timer(&mut self, person: usize, of: ConversationId, seconds: Option<u32>) {
        let done = self.ask(person, Request::SetTimer(of, seconds));
        assert_eq!(done, Ok(Answer::Done));
    }

    fn answer_to(&mut self, person: usize, of: ConversationId, to: MessageId, text: &str) {
        let draft = Draft {
            reply_to: Some(to),
            ..Draft::text(Redacted(text.to_owned()))
        };
        let sent = self.ask(person, Request::Send(of, draft));
        assert!(matches!(sent, Ok(Answer::Sent { .. })), "{sent:?}");
    }

    /// The newest line with this text.
    fn line(&mut self, person: usize, of: ConversationId, text: &str) -> Message {
        let lines = self.timeline(person, of);
        let found = lines.into_iter().rfind(|message| message.text == text);
        found.unwrap_or_else(|| panic!("{person} has no such line"))
    }

    fn find(&mut self, person: usize, of: ConversationId, id: MessageId) -> Option<Message> {
        let lines = self.timeline(person, of);
        lines.into_iter().find(|message| message.message_id == id)
    }

    fn view(&mut self, person: usize, of: ConversationId) -> ConversationView {
        match self.ask(person, Request::Query(Query::Conversations)) {
            Ok(Answer::Conversations(views)) => {
                let found = views.into_iter().find(|view| view.conversation == of);
                found.unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Says whatever one likes to the only contact, as a hostile Starling could.
    fn smuggle(&mut self, person: usize, text: &str, items: Vec<Item>) {
        let contact = self.contacts(person)[0].contact;
        let now = self.now();
        let outgoing = Outgoing {
            text: text.to_owned(),
            items,
            lifetime: Default::default(),
            expire: 0,
            written_at: now.wall,
        };
        let done = self.engines[person].with_profile(|engine, profile| {
            engine.say_to(now, profile, contact, outgoing).map(|_| ())
        });
        done.unwrap();
        self.drain(person);
    }

    /// Cuts every link of a person.
    fn part(&mut self, person: usize) {
        let links = self.links_of(person);
        links.into_iter().for_each(|link| self.cut(person, link));
    }

    fn count(&self, person: usize, is_it: impl Fn(&Event) -> bool) -> usize {
        let events = self.events[person].iter();
        events.filter(|event| is_it(event)).count()
    }
}

fn edit(text: &str) -> MessageCommand {
    MessageCommand::Edit {
        text: text.to_owned().into(),
    }
}

fn is_changed(event: &Event) -> bool {
    matches!(event, Event::MessageChanged(_))
}

fn is_received(event: &Event) -> bool {
    matches!(event, Event::MessageReceived(_))
}

fn is_removed(event: &Event) -> bool {
    matches!(event, Event::MessageRemoved { .. })
}

/// Emoji with their counts, those of ours with a star.
fn emoji(message: &Message) -> Vec<String> {
    let reactions = message.marks.reactions.iter();
    let shown = reactions.map(|it| {
        let own = if it.own { "*" } else { "" };
        format!("{}{}{own}", it.emoji, it.count)
    });
    shown.collect()
}

/// Long enough for an envelope to come, and what it acknowledges to go.
const HOP_MS: u64 = 20_000;
