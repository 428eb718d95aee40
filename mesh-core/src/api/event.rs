//! Everything a node tells.

use crate::redact::Redacted;
use crate::types::{
    ContactId, ConversationId, Delivery, LinkId, Message, MessageId, RequestId, Wall,
};

use super::{
    AddressError, Arrest, ChannelSecret, ContactView, ConversationView, EmojiView, GroupView,
    IntroductionView, LinkView, Page, RequestView, Status,
};

/// One thing that happened, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Commands are accepted from now on.
    Ready {
        /// Addresses others can dial, `IP:PORT`; empty with no carrier.
        listen: Vec<String>,
    },
    /// A carrier began to listen on one more address, or stopped.
    Listening {
        /// All addresses now, `IP:PORT`.
        listen: Vec<String>,
    },
    /// A neighbour is there: its first frame was understood.
    LinkUp(LinkView),
    /// A neighbour is gone.
    LinkDown {
        /// Which link.
        link: LinkId,
    },
    /// Somebody else's message was stored and can be shown. Never for own ones.
    MessageReceived(Message),
    /// What is known of an own message changed.
    MessageState {
        /// Where it belongs.
        conversation: ConversationId,
        /// Which message.
        message_id: MessageId,
        /// The new state.
        state: Delivery,
    },
    /// What stands beside a message changed, or its text: show it as it is now.
    MessageChanged(Message),
    /// A message was deleted here or disappeared.
    MessageRemoved {
        /// Where it was.
        conversation: ConversationId,
        /// Which one.
        message_id: MessageId,
    },
    /// A contact took us into a group.
    GroupJoined {
        /// Which one.
        conversation: ConversationId,
        /// What it is called here.
        name: Redacted<String>,
    },
    /// Who is in a group, or what they may do there, changed.
    GroupChanged {
        /// Which one.
        conversation: ConversationId,
    },
    /// Conversations were joined or left, or their counts changed.
    ConversationsChanged,
    /// Somebody whom we do not know wrote to us.
    ContactRequest {
        /// To be accepted or declined.
        request: ContactId,
        /// The name they claim.
        name: Redacted<String>,
    },
    /// A contact introduced somebody: see `Query::Introductions`.
    Introduction {
        /// Who did.
        from: ContactId,
        /// Whom.
        contact: ContactId,
        /// The name on their card.
        name: Redacted<String>,
    },
    /// Contacts, requests or introductions were added or removed, or what is known of one changed.
    ContactsChanged,
    /// What [`Status`] says of carriers, clock or notices changed.
    StatusChanged,
    /// The profile was locked: nothing of it is in memory any more.
    Locked,
    /// The profile was unlocked: ask again for what is shown.
    Unlocked,
    /// Events were dropped because nobody read them: ask again for what is shown.
    Missed,
    /// The answer to one command.
    Answer {
        /// Of the command.
        request: RequestId,
        /// What came of it.
        result: Result<Answer, CommandError>,
    },
    /// The node has stopped and will say nothing more.
    Stopped {
        /// Why, in one plain sentence, if it was not asked to.
        error: Option<String>,
    },
}

/// What a command gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To `Join`, `GroupCommand::Create` and `GroupCommand::ContinueWithout`.
    Joined {
        /// The same for the same channel, always.
        conversation: ConversationId,
    },
    /// To `Create`.
    Created {
        /// The new conversation.
        conversation: ConversationId,
        /// Six words; whoever has them can read.
        phrase: Redacted<String>,
    },
    /// To `Send`: committed to disk.
    Sent {
        /// Of the new message.
        message_id: MessageId,
    },
    /// To `PeopleCommand::ShareCard`: `starling:c/…`.
    Card {
        /// To be given to people, also as a QR code.
        link: Redacted<String>,
    },
    /// To `PeopleCommand::ShowCode`: `SL1:…`.
    Code {
        /// To be drawn as a QR code, alphanumeric, 475 characters.
        text: Redacted<String>,
        /// Then another one is to be asked for and shown.
        until: Wall,
    },
    /// To `PeopleCommand::Add`, `Accept` and `AcceptIntroduction`.
    Contact {
        /// Who.
        contact: ContactId,
        /// The conversation with them.
        conversation: ConversationId,
    },
    /// To `GroupCommand::Arrested`.
    Arrested(Arrest),
    /// To `Leave`, `MarkSeen`, `Message`, `SetTimer`, `AdoptClock`, `Dial` and whatever
    /// of `PeopleCommand` and `GroupCommand` gives nothing. For `Dial`: the call was begun, and a
    /// `LinkUp` follows if somebody answers.
    Done,
    /// To `Query::Conversations`.
    Conversations(Vec<ConversationView>),
    /// To `Query::Timeline`.
    Timeline(Page),
    /// To `Query::Status`.
    Status(Status),
    /// To `Query::Links`.
    Links(Vec<LinkView>),
    /// To `Query::ChannelSecret`.
    ChannelSecret(ChannelSecret),
    /// To `Query::Contacts`.
    Contacts(Vec<ContactView>),
    /// To `Query::Requests`.
    Requests(Vec<RequestView>),
    /// To `Query::Introductions`.
    Introductions(Vec<IntroductionView>),
    /// To `Query::Emoji`.
    Emoji(EmojiView),
    /// To `Query::ReturnCode`: `SL1R:…`, to be drawn as a QR code.
    ReturnCode(Redacted<String>),
    /// To `Query::Group`.
    Group(GroupView),
}

/// Why a command was refused. `Display` is one plain sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No such conversation here.
    #[error("No such conversation. It may have been left.")]
    UnknownConversation,
    /// No message of the conversation has that id (any more), or its text was withdrawn.
    #[error("No such message in this conversation.")]
    UnknownMessage,
    /// Nothing to send.
    #[error("Write something first.")]
    TextEmpty,
    /// Text over the limit.
    #[error("Too long: {bytes} of {max} bytes.")]
    TextTooLong {
        /// Length of the text, bytes of UTF-8.
        bytes: usize,
        /// The limit, bytes.
        max: usize,
    },
    /// An SOS over its limit.
    #[error(
        "Too long for an SOS: {bytes} of {max} bytes. Say only where you are and what you need."
    )]
    SosTooLong {
        /// Length of the text, bytes of UTF-8.
        bytes: usize,
        /// The limit, bytes.
        max: usize,
    },
    /// A lifetime for an SOS.
    #[error("An SOS is carried for {hours} hours, always: send it without a lifetime.")]
    SosLifetime {
        /// Its lifetime, hours.
        hours: u64,
    },
    /// Not a channel name.
    #[error("A channel name has 1 to {max} bytes and no line breaks.")]
    ChannelName {
        /// The limit, bytes of UTF-8.
        max: usize,
    },
    /// Not a phrase.
    #[error("That is no channel phrase: type the words you were given, separated by spaces.")]
    Phrase,
    /// Not a message that this can be done to.
    #[error("Only your own messages can be changed or deleted for others.")]
    NotYours,
    /// No room for it in a channel.
    #[error("That is not possible in a channel, only with a contact or in a group.")]
    NotInChannel,
    /// Not an emoji.
    #[error("Choose one emoji.")]
    Emoji,
    /// A timer that is too long.
    #[error("Messages can disappear after at most {days} days.")]
    Timer {
        /// The limit, days.
        days: u32,
    },
    /// No such group.
    #[error("No such group here.")]
    UnknownGroup,
    /// Nobody of that id in the group.
    #[error("That person is not in this group (any more).")]
    UnknownMember,
    /// Somebody who is in the group already.
    #[error("That person is in this group already, or was asked in.")]
    AlreadyMember,
    /// No right to do that.
    #[error("Only admins of this group may do that.")]
    NotAllowed,
    /// A senior: one signature is not enough.
    #[error(
        "You signed that they are to be removed. Another admin of this group must remove them, too."
    )]
    NeedsAnother,
    /// At the limit of members.
    #[error("A group has at most {max} members.")]
    GroupFull {
        /// The limit.
        max: usize,
    },
    /// At the limit of groups.
    #[error("You are in {max} groups, the most there can be: leave one first.")]
    GroupsFull {
        /// The limit.
        max: usize,
    },
    /// We are no member any more.
    #[error("You are not in this group any more.")]
    NotMember,
    /// A name that is none.
    #[error("A group's name has 1 to {max} bytes on one line.")]
    GroupName {
        /// The limit, bytes of UTF-8.
        max: usize,
    },
    /// An SOS to one person.
    #[error("An SOS goes to a channel, where many can help: send it there.")]
    SosToPerson,
    /// Not a card.
    #[error(
        "That is no contact link: ask for it again and copy it whole, from \"starling:c/\" or \"SL1:\" on."
    )]
    CardLink,
    /// A return code that is none, or not of this session.
    #[error(
        "That is not the code of this contact's device. If it was read right, somebody may stand between you."
    )]
    ReturnCode,
    /// Our own card.
    #[error("That is your own card: give it to others, and add theirs.")]
    CardIsOwn,
    /// No such contact.
    #[error("No such contact here.")]
    UnknownContact,
    /// Nobody of that name asks.
    #[error("Nobody with that id asks to be a contact any more.")]
    UnknownRequest,
    /// Somebody introduced to themselves.
    #[error("Choose two different contacts.")]
    IntroducedToSelf,
    /// No session that both sides know: nothing vouches that they are who they say.
    #[error("One of them has not answered you yet: introduce people with whom you have talked.")]
    NotConnected,
    /// No such introduction, or it changes nothing any more.
    #[error("Nobody is introduced to you under that id any more.")]
    UnknownIntroduction,
    /// At the limit of contacts.
    #[error("You have {max} contacts, the most there can be: remove one first.")]
    ContactsFull {
        /// The limit.
        max: usize,
    },
    /// A name that is none.
    #[error("A name has 1 to {max} bytes on one line.")]
    Name {
        /// The limit, bytes of UTF-8.
        max: usize,
    },
    /// A petname that is too long.
    #[error("Too long: a name for a contact has at most {max} bytes.")]
    Petname {
        /// The limit, bytes of UTF-8.
        max: usize,
    },
    /// There is nothing to compare yet.
    #[error("There are no emoji yet: each of you must have heard from the other once.")]
    EmojiNotYet,
    /// The emoji differ.
    #[error(
        "These are not the emoji shown here. If you read them right, somebody stands between \
         you: meet, and add each other from the other's screen."
    )]
    EmojiDiffer,
    /// Blocked.
    #[error("You have blocked this person: unblock them first.")]
    Blocked,
    /// No memory for the key derivation.
    #[error("There is not enough free memory to compute the channel's key: close something.")]
    Memory,
    /// The profile is locked.
    #[error("Starling is locked: unlock it first.")]
    Locked,
    /// Wrong when unlocking, or as the own one when another is set.
    #[error("That is not the passphrase of this profile. Try again; capitals and spaces matter.")]
    WrongPassphrase,
    /// Nothing was typed.
    #[error("The passphrase is empty: choose one, six words or more.")]
    PassphraseEmpty,
    /// Two passphrases that would be the same.
    #[error("Choose another passphrase: this one opens the profile already.")]
    PassphraseTaken,
    /// The profile folder cannot be used, and why.
    #[error("{0}")]
    Profile(String),
    /// At the limit of conversations.
    #[error("You are in {max} conversations, the most there can be: leave one first.")]
    ConversationsFull {
        /// The limit.
        max: usize,
    },
    /// Not an address that can be called, and why.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Too much of what takes long is under way.
    #[error("The node is busy: try again in a moment.")]
    Busy,
    /// No carrier that can dial.
    #[error("There is no Wi-Fi carrier to call with: it is off.")]
    NoCarrier,
    /// The node holds no identity (a relay, or locked).
    #[error("This node only relays: it has no identity to do that with.")]
    NoIdentity,
    /// The disk refused.
    #[error("The disk refused to store it: {0}. Free some space and try again.")]
    Store(String),
}
