//! Actions of the person, carried out on the model. Pure: what has to happen
//! outside is returned. No egui here.

mod groups;
mod lock;
mod marks;
mod people;

use mesh_core::api::{ChannelSpec, Command, Query};
use mesh_core::redact::Redacted;
use mesh_core::types::{ConversationId, MessageClass, MessageId};

use crate::action::Action;
use crate::model::{
    Dialog, Entry, JoinState, Model, Outgoing, Pane, Purpose, Stage, Written, apply,
};

/// Messages asked for when a conversation is opened or refreshed.
const NEWEST_LIMIT: u16 = 60;
/// Messages asked for when the person scrolls to the top.
const OLDER_LIMIT: u16 = 100;

/// Something that has to happen outside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Give a command to the node.
    Command(Command),
    /// Start the node, on another thread.
    Start(Start),
    /// Erase the profile, on another thread.
    Erase,
    /// Destroy the profile and stop the node, on another thread.
    Wipe,
    /// Look at the profile folder again.
    Reopen,
    /// Put text on the clipboard.
    Copy(Redacted<String>),
}

/// How to start the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Make the profile first.
    Create {
        /// The claimed name.
        name: Redacted<String>,
        /// Of the new profile.
        passphrase: Redacted<String>,
    },
    /// Open the profile.
    Unlock {
        /// Of the profile.
        passphrase: Redacted<String>,
    },
}

/// What came of work done on another thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The node starts; `Event::Ready` follows.
    Started,
    /// It does not, for this reason (one sentence).
    StartFailed(String),
    /// The profile is gone.
    Erased,
    /// It is not, for this reason (one sentence).
    EraseFailed(String),
    /// The profile is destroyed and the node has stopped.
    Wiped,
    /// It is not, for this reason (one sentence).
    WipeFailed(String),
}

/// Carries out one action.
pub fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let effect = match action {
        Action::Create { name, passphrase } => {
            model.is_new = true;
            start(model, Start::Create { name, passphrase })
        }
        Action::Unlock { passphrase } => match model.stage {
            Stage::Locked { .. } => lock::unlock(model, passphrase),
            _ => start(model, Start::Unlock { passphrase }),
        },
        Action::Lock => lock::lock(model),
        Action::Wipe => lock::wipe(model),
        Action::StartAnew => start_anew(model),
        Action::Restart => Some(Effect::Reopen),
        Action::Send(conversation) => send(model, conversation, MessageClass::Text),
        Action::SendSos(conversation) => {
            model.route.dialog = None;
            send(model, conversation, MessageClass::Sos)
        }
        Action::SendAgain(message_id) => send_again(model, message_id),
        Action::LoadOlder => load_older(model),
        Action::JoinPublic(name) => join(model, ChannelSpec::Public { name }),
        Action::JoinPhrase(phrase) => join(model, ChannelSpec::Phrase { phrase }),
        Action::CreateChannel => create_channel(model),
        Action::Leave(conversation) => leave(model, conversation),
        Action::Dial(address) => Some(Effect::Command(Command::Dial {
            request: model.requests.begin(Purpose::Dial),
            address,
        })),
        Action::AdoptClock => Some(Effect::Command(Command::AdoptClock {
            request: model.requests.begin(Purpose::AdoptClock),
        })),
        Action::AskPeople(ask) => people::ask(model, ask),
        Action::AskGroup(ask) => groups::ask(model, ask),
        Action::SetTimer {
            conversation,
            seconds,
        } => groups::set_timer(model, conversation, seconds),
        Action::React { message_id, emoji } => marks::react(model, message_id, emoji),
        Action::Delete => marks::delete(model),
        Action::Copy(text) => Some(Effect::Copy(text)),
        other => {
            navigate(model, other);
            None
        }
    };
    effect.into_iter().collect()
}

/// Takes note of what came of work on another thread.
pub fn settle(model: &mut Model, outcome: Outcome) {
    match outcome {
        // The form stays busy until `Event::Ready`.
        Outcome::Started => {}
        Outcome::StartFailed(reason) => {
            model.is_new = false;
            if let Some(entry) = model.stage.entry_mut() {
                *entry = Entry {
                    busy: false,
                    error: Some(reason),
                };
            }
        }
        Outcome::Erased => {
            model.route.dialog = None;
            model.stage = Stage::Onboarding(Entry::default());
        }
        Outcome::Wiped => lock::wiped(model, None),
        Outcome::WipeFailed(reason) => lock::wiped(model, Some(reason)),
        Outcome::EraseFailed(reason) => {
            model.route.dialog = Some(Dialog::StartAnew {
                busy: false,
                error: Some(reason),
            });
        }
    }
}

/// The queries that are due: wanted, and none of their kind under way.
pub fn refreshes(model: &mut Model) -> Vec<Command> {
    let due = model.requests.due();
    due.into_iter()
        .filter_map(|purpose| refresh(model, purpose))
        .collect()
}

fn refresh(model: &mut Model, purpose: Purpose) -> Option<Command> {
    let query = match purpose {
        Purpose::Conversations => Query::Conversations,
        Purpose::Status => Query::Status,
        Purpose::Links => Query::Links,
        Purpose::Contacts => Query::Contacts,
        Purpose::Asking => Query::Requests,
        Purpose::Introductions => Query::Introductions,
        Purpose::Emoji(contact) => Query::Emoji { contact },
        Purpose::Group(conversation) => Query::Group { conversation },
        Purpose::Secret(conversation) => Query::ChannelSecret { conversation },
        Purpose::Newest(conversation) => Query::Timeline {
            conversation,
            before: None,
            limit: NEWEST_LIMIT,
        },
        Purpose::Lock => {
            return Some(Command::Lock {
                request: model.requests.begin(purpose),
            });
        }
        Purpose::MarkSeen(conversation) => {
            return Some(Command::MarkSeen {
                request: model.requests.begin(purpose),
                conversation,
            });
        }
        _ => return None,
    };
    Some(Command::Query {
        request: model.requests.begin(purpose),
        query,
    })
}

/// What changes the view alone.
fn navigate(model: &mut Model, action: Action) {
    match action {
        Action::Open(conversation) => {
            if model.route.open == Some(conversation) {
                model.route.pane = Pane::Chat;
            } else {
                apply::open(model, Some(conversation));
            }
        }
        Action::Step(by) => step(model, by),
        Action::Show(Pane::List) => apply::open(model, None),
        Action::Show(pane) => model.route.pane = pane,
        Action::TogglePeople => {
            model.route.people = !model.route.people;
            model.requests.want(Purpose::Links);
        }
        Action::EditDraft { conversation, text } => model.drafts.edit(conversation, text.0),
        Action::ChooseLifetime {
            conversation,
            lifetime,
        } => model.drafts.choose(conversation, lifetime),
        Action::AskSos(conversation) => {
            model.route.dialog = Some(Dialog::Sos { conversation });
        }
        Action::DismissAlert => model.alert = None,
        Action::AskJoin => model.route.dialog = Some(Dialog::Join(JoinState::default())),
        Action::ShowSecret(conversation) => {
            model.requests.want(Purpose::Secret(conversation));
            model.route.dialog = Some(Dialog::Secret {
                conversation,
                secret: None,
                fresh: false,
            });
        }
        Action::AskLeave(conversation) => {
            model.route.dialog = Some(Dialog::Leave {
                conversation,
                busy: false,
            });
        }
        Action::ShowStatus => {
            model.requests.want(Purpose::Status);
            model.requests.want(Purpose::Links);
            model.route.dialog = Some(Dialog::Status { dial: None });
        }
        Action::ShowSafety => model.route.dialog = Some(Dialog::Safety),
        Action::AskStartAnew => {
            model.route.dialog = Some(Dialog::StartAnew {
                busy: false,
                error: None,
            });
        }
        Action::ShowPeople(page) => people::show(model, page),
        Action::ShowGroup(page) => groups::show(model, page),
        Action::EmojiDiffer => people::differ(model),
        Action::CloseDialog => model.route.dialog = None,
        Action::DismissNotice => model.notice = None,
        Action::Theme(choice) => model.theme = choice,
        Action::Focus(focused) => {
            model.focused = focused;
            apply::mark_seen(model);
        }
        other => marks::turn(model, other),
    }
}

fn start(model: &mut Model, start: Start) -> Option<Effect> {
    let entry = model.stage.entry_mut().filter(|entry| !entry.busy)?;
    *entry = Entry {
        busy: true,
        error: None,
    };
    Some(Effect::Start(start))
}

fn start_anew(model: &mut Model) -> Option<Effect> {
    model.route.dialog = Some(Dialog::StartAnew {
        busy: true,
        error: None,
    });
    Some(Effect::Erase)
}

fn send(model: &mut Model, conversation: ConversationId, class: MessageClass) -> Option<Effect> {
    if model.drafts.edits(conversation).is_some() {
        return marks::send_edit(model, conversation);
    }
    let written = model.drafts.take(conversation)?;
    Some(send_text(model, conversation, class, written))
}

fn send_text(
    model: &mut Model,
    conversation: ConversationId,
    class: MessageClass,
    written: Written,
) -> Effect {
    let request = model.requests.begin(Purpose::Send(conversation));
    let Written {
        text,
        reply_to,
        mentions,
    } = written;
    let members = mentions.iter().map(|(member, _)| *member).collect();
    model.outgoing.push(Outgoing {
        request,
        conversation,
        message_id: None,
        class,
        text: text.clone(),
        reply_to,
        mentions,
    });
    let lifetime = match class {
        MessageClass::Text => Some(model.drafts.of(conversation).lifetime),
        MessageClass::Sos => None,
    };
    Effect::Command(Command::Send {
        request,
        conversation,
        text: text.into(),
        class,
        lifetime,
        reply_to,
        mentions: members,
    })
}

/// A new message with the same words: the old one may still lie in somebody's
/// store, and its id must not be used twice.
fn send_again(model: &mut Model, message_id: MessageId) -> Option<Effect> {
    let message = model.timeline.as_ref()?.message(message_id)?;
    let (conversation, class) = (message.conversation, message.class);
    let written = Written {
        text: message.text.clone(),
        reply_to: message.marks.reply_to,
        mentions: Vec::new(),
    };
    message
        .from
        .own
        .then(|| send_text(model, conversation, class, written))
}

fn load_older(model: &mut Model) -> Option<Effect> {
    let timeline = model.timeline.as_ref()?;
    let (conversation, more) = (timeline.conversation, timeline.more);
    let before = timeline.messages.first()?.message_id;
    let purpose = Purpose::Older(conversation);
    if !more || model.requests.is_open(purpose) {
        return None;
    }
    Some(Effect::Command(Command::Query {
        request: model.requests.begin(purpose),
        query: Query::Timeline {
            conversation,
            before: Some(before),
            limit: OLDER_LIMIT,
        },
    }))
}

fn join(model: &mut Model, channel: ChannelSpec) -> Option<Effect> {
    wait_in_dialog(model)?;
    Some(Effect::Command(Command::Join {
        request: model.requests.begin(Purpose::Join),
        channel,
    }))
}

fn create_channel(model: &mut Model) -> Option<Effect> {
    wait_in_dialog(model)?;
    Some(Effect::Command(Command::Create {
        request: model.requests.begin(Purpose::Create),
    }))
}

/// None while the dialog's last request is under way: two presses make one channel.
fn wait_in_dialog(model: &mut Model) -> Option<()> {
    if let Some(Dialog::Join(state)) = &mut model.route.dialog {
        if state.busy {
            return None;
        }
        *state = JoinState {
            busy: true,
            error: None,
        };
    }
    Some(())
}

fn leave(model: &mut Model, conversation: ConversationId) -> Option<Effect> {
    let purpose = Purpose::Leave(conversation);
    if model.requests.is_open(purpose) {
        return None;
    }
    model.route.dialog = Some(Dialog::Leave {
        conversation,
        busy: true,
    });
    Some(Effect::Command(Command::Leave {
        request: model.requests.begin(purpose),
        conversation,
    }))
}

fn step(model: &mut Model, by: i32) {
    let count = model.conversations.len();
    let current = model
        .conversations
        .iter()
        .position(|view| Some(view.conversation) == model.route.open);
    let next = match (current, by > 0) {
        (None, true) => 0,
        (None, false) => count.saturating_sub(1),
        (Some(at), true) => (at + 1).min(count.saturating_sub(1)),
        (Some(at), false) => at.saturating_sub(1),
    };
    let Some(view) = model.conversations.get(next) else {
        return;
    };
    let conversation = view.conversation;
    if model.route.open != Some(conversation) {
        apply::open(model, Some(conversation));
    }
}
