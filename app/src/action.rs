//! Every intent of the person. Screens push them; `app::update` carries them out.

use mesh_core::api::{GroupCommand, PeopleCommand};
use mesh_core::redact::Redacted;
use mesh_core::types::{ConversationId, Lifetime, MemberId, MessageId};

use crate::model::{GroupPage, Pane, PeoplePage, ThemeChoice};

/// One intent of the person, as a screen understood it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// First run: make a profile and start.
    Create {
        /// As typed.
        name: Redacted<String>,
        /// As typed.
        passphrase: Redacted<String>,
    },
    /// Open the profile that is there, or that was locked.
    Unlock {
        /// As typed.
        passphrase: Redacted<String>,
    },
    /// Hide everything and let the node forget it.
    Lock,
    /// Destroy the profile; the person held the button.
    Wipe,
    /// Show what concerns the passphrase and the end of the profile.
    ShowSafety,
    /// Ask whether to erase the profile.
    AskStartAnew,
    /// Erase the profile; the person typed the confirmation.
    StartAnew,
    /// Leave the "it has stopped" screen.
    Restart,
    /// Show a conversation.
    Open(ConversationId),
    /// Show the next (`1`) or previous (`-1`) conversation of the list.
    Step(i32),
    /// Which pane a narrow window shows.
    Show(Pane),
    /// Fold or unfold the pane of people and links.
    TogglePeople,
    /// The composer's text changed.
    EditDraft {
        /// Whose composer.
        conversation: ConversationId,
        /// All of it.
        text: Redacted<String>,
    },
    /// Send what the composer holds.
    Send(ConversationId),
    /// Choose how long texts written in a conversation are carried.
    ChooseLifetime {
        /// Which conversation.
        conversation: ConversationId,
        /// From now on.
        lifetime: Lifetime,
    },
    /// Ask whether to send an SOS.
    AskSos(ConversationId),
    /// Send what the composer holds as an SOS; the person confirmed.
    SendSos(ConversationId),
    /// Put the alert of somebody's SOS away.
    DismissAlert,
    /// Write an own message that nobody took once more.
    SendAgain(MessageId),
    /// Load the page before the oldest message shown.
    LoadOlder,
    /// Open the dialog to join or create a channel.
    AskJoin,
    /// Join a public channel.
    JoinPublic(Redacted<String>),
    /// Join a keyed channel.
    JoinPhrase(Redacted<String>),
    /// Make a keyed channel.
    CreateChannel,
    /// Show the words and the code of the open conversation.
    ShowSecret(ConversationId),
    /// Ask whether to leave.
    AskLeave(ConversationId),
    /// Leave and delete; the person confirmed.
    Leave(ConversationId),
    /// Open the panel that explains the connection.
    ShowStatus,
    /// Let messages go by the neighbours' clocks.
    AdoptClock,
    /// Call another laptop by address.
    Dial(Redacted<String>),
    /// Turn to a page of the dialog about people.
    ShowPeople(PeoplePage),
    /// Ask the node something about people; the person confirmed what has to be.
    AskPeople(PeopleCommand),
    /// The other person's screen shows other emoji.
    EmojiDiffer,
    /// Turn to a page of the dialog about groups.
    ShowGroup(GroupPage),
    /// Ask the node something about groups; the person confirmed what has to be.
    AskGroup(GroupCommand),
    /// Let what is written from now on disappear after reading, or not.
    SetTimer {
        /// Where.
        conversation: ConversationId,
        /// None for never.
        seconds: Option<u32>,
    },
    /// A name in the composer stands for a member.
    Mention {
        /// Whose composer.
        conversation: ConversationId,
        /// Who.
        member: MemberId,
        /// As it was put in, without the `@`.
        name: Redacted<String>,
    },
    /// Answer a message.
    Reply(MessageId),
    /// Change an own message.
    Edit(MessageId),
    /// Change the newest own message.
    EditLast(ConversationId),
    /// Neither answer nor change anything any more.
    PutAside(ConversationId),
    /// Put an emoji under a message, or take it back.
    React {
        /// Which message.
        message_id: MessageId,
        /// As it is sent.
        emoji: Redacted<String>,
    },
    /// Ask whether to delete a message.
    AskDelete {
        /// Which one.
        message_id: MessageId,
        /// Whether for the others, too.
        everybody: bool,
    },
    /// Delete the message that the dialog asks about; the person confirmed.
    Delete,
    /// Close the dialog on top.
    CloseDialog,
    /// Put a notice away.
    DismissNotice,
    /// Put text on the clipboard.
    Copy(Redacted<String>),
    /// Follow the system's theme, or not.
    Theme(ThemeChoice),
    /// The window got or lost the keyboard.
    Focus(bool),
}

/// What the screens asked for during one frame, in order.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Takes the actions out, oldest first.
    pub fn take(&mut self) -> Vec<Action> {
        core::mem::take(&mut self.0)
    }

    /// Adds one.
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }
}
