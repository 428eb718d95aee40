//! A node that does what a test says, a fixed clock, and shorthand for messages.
//!
//! Part of the library because tests of several files, and whoever draws a new
//! screen, need the same one. Nothing of it is reached from the binary.

mod groups;
mod people;
mod vault;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mesh_core::api::{
    Answer, ChannelSecret, Clock as NodeClock, Command, ContactView, ConversationView, EmojiView,
    Event, Grade, GroupView, IntroductionView, LinkView, Page, Pushed, Query, Receipts,
    RequestView, Status, Stored, Strength,
};
use mesh_core::node::{Busy, NodeError, ProfileState};
use mesh_core::types::{
    Author, CarrierStatus, ChannelKind, ConversationId, ConversationKind, Delivery, LinkId,
    LinkKind, Marks, Message, MessageClass, MessageId, RequestId, Wall,
};

use crate::clock::Moment;
use crate::node_link::{Gate, NodeLink, Waker};

pub use groups::{US, group, member, us};
pub use people::{CARD, contact, emoji, introduction, request};

/// Tuesday 24 November 2026, 14:05 UTC, an hour east of Greenwich: 15:05.
pub const NOW: Wall = Wall(1_795_529_100_000);
/// The passphrase of [`FakeGate`]'s profile.
pub const PASSPHRASE: &str = "correct horse battery staple lamp onion";

/// The moment all tests happen at.
#[must_use]
pub fn moment() -> Moment {
    Moment {
        wall: NOW,
        offset: time::UtcOffset::from_hms(1, 0, 0).unwrap_or(time::UtcOffset::UTC),
    }
}

/// What a fake node holds; shared between a test and the window.
#[derive(Debug)]
pub struct FakeState {
    /// What lies in the fake folder.
    pub profile: ProfileState,
    /// Its conversations.
    pub conversations: Vec<ConversationView>,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
    /// Contacts.
    pub contacts: Vec<ContactView>,
    /// Strangers who wrote.
    pub asking: Vec<RequestView>,
    /// People whom contacts introduced.
    pub introductions: Vec<IntroductionView>,
    /// What every contact's screen shows to compare; none before both were heard.
    pub emoji: Option<EmojiView>,
    /// Groups.
    pub groups: Vec<GroupView>,
    /// Neighbours.
    pub links: Vec<LinkView>,
    /// Carriers, clock and notices.
    pub status: Status,
    /// Every command, oldest first.
    pub sent: Vec<Command>,
    /// Whether the node runs.
    pub is_running: bool,
    /// Each time the profile was destroyed: whether the node ran.
    pub wipes: Vec<bool>,
    /// Why the disk refuses to destroy anything.
    pub disk: Option<String>,
    /// The passphrase that opens the profile.
    pub passphrase: String,
    /// Whether commands are refused as if the queue were full.
    pub busy: bool,
    events: VecDeque<Event>,
    next: u8,
}

/// A gate and node for tests, driven by the test that holds a clone.
#[derive(Debug, Clone)]
pub struct FakeGate(Arc<Mutex<FakeState>>);

impl FakeGate {
    /// A gate to a folder in the given state, with nobody near.
    #[must_use]
    pub fn new(profile: ProfileState) -> Self {
        Self(Arc::new(Mutex::new(FakeState {
            profile,
            conversations: Vec::new(),
            messages: Vec::new(),
            contacts: Vec::new(),
            asking: Vec::new(),
            introductions: Vec::new(),
            emoji: None,
            groups: Vec::new(),
            links: Vec::new(),
            status: status(0),
            sent: Vec::new(),
            is_running: false,
            wipes: Vec::new(),
            disk: None,
            passphrase: PASSPHRASE.to_owned(),
            busy: false,
            events: VecDeque::new(),
            next: 0,
        })))
    }

    /// What the fake node holds.
    pub fn state(&self) -> MutexGuard<'_, FakeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the node tell something.
    pub fn tell(&self, event: Event) {
        self.state().events.push_back(event);
    }

    /// Lets a message of somebody else arrive.
    pub fn receive(&self, message: Message) {
        let mut state = self.state();
        for view in &mut state.conversations {
            if view.conversation == message.conversation {
                view.unread += 1;
                view.last = Some(message.clone());
            }
        }
        state.messages.push(message.clone());
        state.events.push_back(Event::MessageReceived(message));
        state.events.push_back(Event::ConversationsChanged);
    }

    fn start(&self) -> Box<dyn NodeLink> {
        self.state().is_running = true;
        self.tell(Event::Ready {
            listen: vec!["192.168.1.20:4000".into()],
        });
        Box::new(FakeNode(self.clone()))
    }
}

impl Gate for FakeGate {
    fn state(&self) -> ProfileState {
        FakeGate::state(self).profile.clone()
    }

    fn create(&self, name: &str, _passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError> {
        let mut state = FakeGate::state(self);
        state.profile = ProfileState::Locked;
        state.status.name = Some(name.to_owned().into());
        drop(state);
        Ok(self.start())
    }

    fn unlock(&self, passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError> {
        if passphrase == FakeGate::state(self).passphrase {
            Ok(self.start())
        } else {
            Err(NodeError::WrongPassphrase)
        }
    }

    fn erase(&self) -> Result<(), NodeError> {
        FakeGate::state(self).profile = ProfileState::Absent;
        Ok(())
    }

    fn wipe(&self) -> Result<(), NodeError> {
        let mut state = FakeGate::state(self);
        if let Some(reason) = &state.disk {
            return Err(NodeError::Unreadable {
                path: std::path::PathBuf::from("profile"),
                reason: reason.clone(),
            });
        }
        state.profile = ProfileState::Absent;
        let was_running = state.is_running;
        state.wipes.push(was_running);
        match state.is_running {
            true => Err(NodeError::InUse {
                holder: "this window".to_owned(),
            }),
            false => Ok(()),
        }
    }

    fn generate_phrase(&self) -> String {
        PASSPHRASE.to_owned()
    }

    fn strength(&self, passphrase: &str) -> Strength {
        let bits = u16::try_from(passphrase.len() * 2).unwrap_or(u16::MAX);
        let grade = match bits {
            0..45 => Grade::Weak,
            45..64 => Grade::Fair,
            64.. => Grade::Strong,
        };
        Strength { bits, grade }
    }
}

/// The fake node that a [`FakeGate`] starts: answers as a real one would.
#[derive(Debug)]
pub struct FakeNode(FakeGate);

impl NodeLink for FakeNode {
    fn send(&mut self, command: Command) -> Result<(), Busy> {
        let mut state = self.0.state();
        if state.busy {
            return Err(Busy);
        }
        let request = command.request();
        let result = match &command {
            Command::People { ask, .. } => state.people(ask),
            Command::Group { ask, .. } => state.ask_group(ask),
            Command::Message {
                conversation,
                message_id,
                ask,
                ..
            } => state.ask_message(*conversation, *message_id, ask),
            Command::SetTimer {
                conversation,
                seconds,
                ..
            } => state.set_timer(*conversation, *seconds),
            Command::Lock { .. }
            | Command::Unlock { .. }
            | Command::ChangePassphrase { .. }
            | Command::SetDuress { .. } => state.vault(&command),
            Command::Query {
                query: Query::Group { conversation },
                ..
            } => state.group(*conversation).cloned().map(Answer::Group),
            Command::Query {
                query: Query::Emoji { contact },
                ..
            } => state.compare(*contact),
            other => Ok(state.answer(other)),
        };
        state.sent.push(command);
        state.events.push_back(Event::Answer { request, result });
        Ok(())
    }

    fn poll(&mut self) -> Option<Event> {
        self.0.state().events.pop_front()
    }

    fn set_waker(&mut self, _waker: Waker) {}

    fn stop(self: Box<Self>) {
        self.0.state().is_running = false;
    }
}

impl FakeState {
    fn answer(&mut self, command: &Command) -> Answer {
        match command {
            Command::Join { channel, .. } => {
                let (kind, name) = match channel {
                    mesh_core::api::ChannelSpec::Public { name } => {
                        (ConversationKind::Public, &name.0)
                    }
                    mesh_core::api::ChannelSpec::Phrase { phrase } => {
                        (ConversationKind::Keyed, &phrase.0)
                    }
                };
                Answer::Joined {
                    conversation: self.add(kind, name.clone().as_str()),
                }
            }
            Command::Create { .. } => Answer::Created {
                conversation: self.add(ConversationKind::Keyed, "correct horse"),
                phrase: PASSPHRASE.to_owned().into(),
            },
            Command::Leave { conversation, .. } => {
                self.conversations
                    .retain(|view| view.conversation != *conversation);
                self.groups
                    .retain(|view| view.conversation != *conversation);
                Answer::Done
            }
            Command::Send {
                conversation,
                text,
                class,
                reply_to,
                ..
            } => {
                self.next += 1;
                let message_id = MessageId([self.next; 16]);
                let marks = Marks {
                    reply_to: *reply_to,
                    ..Marks::default()
                };
                self.messages.push(Message {
                    message_id,
                    class: *class,
                    marks,
                    ..own(*conversation, &text.0, Delivery::Waiting)
                });
                Answer::Sent { message_id }
            }
            Command::MarkSeen { conversation, .. } => {
                for view in &mut self.conversations {
                    if view.conversation == *conversation {
                        view.unread = 0;
                    }
                }
                Answer::Done
            }
            Command::Lock { .. }
            | Command::Unlock { .. }
            | Command::ChangePassphrase { .. }
            | Command::SetDuress { .. }
            | Command::Dial { .. }
            | Command::AdoptClock { .. }
            | Command::People { .. }
            | Command::Group { .. }
            | Command::Message { .. }
            | Command::SetTimer { .. } => Answer::Done,
            Command::Query { query, .. } => self.query(query),
        }
    }

    fn query(&self, query: &Query) -> Answer {
        match query {
            Query::Introductions => Answer::Introductions(self.introductions.clone()),
            Query::ReturnCode { .. } => Answer::ReturnCode("SL1R:0".to_owned().into()),
            Query::Conversations => Answer::Conversations(self.conversations.clone()),
            Query::Timeline {
                conversation,
                before,
                limit,
            } => Answer::Timeline(self.page(*conversation, *before, usize::from(*limit))),
            Query::Status => Answer::Status(Status {
                links: self.links.len(),
                ..self.status.clone()
            }),
            Query::Links => Answer::Links(self.links.clone()),
            Query::ChannelSecret { conversation } => Answer::ChannelSecret(ChannelSecret {
                conversation: *conversation,
                kind: ChannelKind::Keyed,
                words: PASSPHRASE.to_owned().into(),
                link: format!("starling:k/{}", PASSPHRASE.replace(' ', "-")).into(),
            }),
            Query::Contacts => Answer::Contacts(self.contacts.clone()),
            Query::Requests => Answer::Requests(self.asking.clone()),
            Query::Emoji { .. } | Query::Group { .. } => Answer::Done,
        }
    }

    fn page(&self, conversation: ConversationId, before: Option<MessageId>, limit: usize) -> Page {
        let mut messages: Vec<Message> = self
            .messages
            .iter()
            .filter(|message| message.conversation == conversation)
            .take_while(|message| Some(message.message_id) != before)
            .cloned()
            .collect();
        let skipped = messages.len().saturating_sub(limit);
        messages.drain(..skipped);
        Page {
            conversation,
            messages,
            more: skipped > 0,
        }
    }

    fn add(&mut self, kind: ConversationKind, name: &str) -> ConversationId {
        let number = u8::try_from(self.conversations.len()).unwrap_or(u8::MAX);
        let conversation = ConversationId([0xC0 + number; 16]);
        self.conversations.push(view(conversation, kind, name));
        conversation
    }
}

/// A conversation without messages.
#[must_use]
pub fn view(conversation: ConversationId, kind: ConversationKind, name: &str) -> ConversationView {
    ConversationView {
        conversation,
        kind,
        name: name.to_owned().into(),
        unread: 0,
        last: None,
        timer_s: None,
    }
}

/// Somebody else's message, a minute old; its id follows from text and author.
#[must_use]
pub fn message(conversation: ConversationId, author: &str, text: &str) -> Message {
    let mut id = [0u8; 16];
    for (at, byte) in author.bytes().chain(text.bytes()).enumerate() {
        if let Some(slot) = id.get_mut(at % 16) {
            *slot = slot.wrapping_mul(31).wrapping_add(byte);
        }
    }
    let mut badge = [0x5cu8; 8];
    for (slot, byte) in badge.iter_mut().zip(author.bytes()) {
        *slot = byte.wrapping_mul(37).wrapping_add(11);
    }
    let written_at = NOW.minus_ms(60_000);
    Message {
        conversation,
        message_id: MessageId(id),
        from: Author {
            name: author.to_owned(),
            badge,
            own: false,
        },
        class: MessageClass::Text,
        text: text.to_owned(),
        written_at,
        received_at: written_at,
        expires_at: written_at.plus_ms(mesh_core::limits::TEXT_LIFETIME_MS),
        state: Delivery::Received,
        marks: Marks::default(),
    }
}

/// Somebody else's call for help, a minute old.
#[must_use]
pub fn sos(conversation: ConversationId, author: &str, text: &str) -> Message {
    Message {
        class: MessageClass::Sos,
        ..message(conversation, author, text)
    }
}

/// An own message, a minute old.
#[must_use]
pub fn own(conversation: ConversationId, text: &str, state: Delivery) -> Message {
    let mut message = message(conversation, "Me", text);
    message.from.own = true;
    message.state = state;
    message
}

/// The state of a node with Wi-Fi on and `links` neighbours.
#[must_use]
pub fn status(links: usize) -> Status {
    Status {
        version: "0.1.0",
        name: Some("Mira".to_owned().into()),
        locked: false,
        clock: NodeClock {
            offset_s: 0,
            trusted: true,
        },
        carriers: vec![CarrierStatus {
            kind: LinkKind::Lan,
            name: "Wi-Fi and cable".into(),
            can_find: true,
            can_be_found: true,
            isolated: false,
            reason: None,
            advice: None,
        }],
        links,
        stored: Stored {
            count: 1_204,
            bytes: 612_000,
        },
        pushed: Pushed::default(),
        receipts: Receipts::default(),
        notices: Vec::new(),
    }
}

/// A neighbour on the local network.
#[must_use]
pub fn link(number: u64) -> LinkView {
    LinkView {
        link: LinkId(number),
        kind: LinkKind::Lan,
        address: Some(format!("192.168.1.{}:4000", 20 + number).into()),
        since: NOW.minus_ms(number * 600_000),
        bytes_in: 18_432 * number,
        bytes_out: 9_216,
    }
}

/// A request id that nobody gave out.
pub const NO_REQUEST: RequestId = RequestId(u64::MAX);
