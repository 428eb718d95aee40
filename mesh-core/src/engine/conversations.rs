//! The person's side of the engine: conversations, and requests about them.

use std::collections::BTreeSet;

use crate::api::{Answer, CommandError, Event, Query};
use crate::crypto::channel::{ChannelRoot, Pseudonym};
use crate::crypto::tags::TagTable;
use crate::limits::CONVERSATIONS_MAX;
use crate::redact::Redacted;
use crate::store::{ConversationRow, ProfileStore};
use crate::types::{ChannelKind, ConversationId, Day, EnvelopeId, Mono, Now, RequestId};

use super::groups::Groups;
use super::people::People;
use super::{Engine, EngineError, Request};

/// Everything that needs the passphrase.
pub struct Profile {
    pub(super) store: Box<dyn ProfileStore + Send>,
    pub(super) name: String,
    pub(super) conversations: Vec<Conversation>,
    pub(super) tags: TagTable,
    pub(super) today: Day,
    /// Contacts, sessions and own keys; none without an identity.
    pub(super) people: Option<People>,
    /// Groups, and invitations to some.
    pub(super) groups: Groups,
    /// Own envelopes that no neighbour confirmed yet.
    pub(super) untaken: BTreeSet<EnvelopeId>,
    /// When the next message disappears.
    pub(super) leaves_at: Option<Mono>,
}

/// A channel with its keys ready.
pub(super) struct Conversation {
    pub(super) row: ConversationRow,
    pub(super) root: ChannelRoot,
    pub(super) pseudonym: Pseudonym,
}

impl Conversation {
    fn new(row: ConversationRow) -> Self {
        let root = ChannelRoot::from_bytes(row.root);
        let pseudonym = Pseudonym::from_seed(&row.pseudonym_seed);
        Self {
            row,
            root,
            pseudonym,
        }
    }
}

impl Profile {
    pub(super) fn conversation(&self, id: ConversationId) -> Option<&Conversation> {
        self.conversations
            .iter()
            .find(|conversation| conversation.row.conversation == id)
    }

    fn enter(&mut self, row: ConversationRow) {
        let conversation = Conversation::new(row);
        self.tags.add(
            conversation.row.conversation,
            &conversation.root,
            self.today,
        );
        self.conversations.push(conversation);
    }
}

impl core::fmt::Debug for Profile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Profile")
            .field("conversations", &self.conversations.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the profile: its conversations, what a run before left unsent, and
    /// every stored envelope that it can read.
    pub(super) fn load_profile(
        &mut self,
        now: Now,
        mut store: Box<dyn ProfileStore + Send>,
    ) -> Result<(), EngineError> {
        let today = now.wall.day();
        store.begin()?;
        store.prune(today)?;
        let identity = store.identity()?;
        let people = People::load(store.as_ref(), identity.as_ref())?;
        let groups = Groups::load(store.as_ref())?;
        let name = identity.map(|identity| identity.name).unwrap_or_default();
        let rows = store.conversations()?;
        let outbox = store.outbox()?;
        let untaken = outbox.iter().map(|row| row.id).collect();
        let tags = TagTable::default();
        let mut profile = Profile {
            store,
            name,
            conversations: Vec::new(),
            tags,
            today,
            people,
            groups,
            untaken,
            leaves_at: None,
        };
        rows.into_iter().for_each(|row| profile.enter(row));
        profile.watch_people();
        profile.watch_groups();
        self.hold_again(now, outbox);
        self.plan_keys(now, &mut profile)?;
        self.greet_people(now, &mut profile);
        self.load_marks(now, &mut profile)?;
        self.greet_groups(now, &mut profile)?;
        profile.save_groups()?;
        profile.store.commit()?;
        self.profile_revision += 1;
        self.profile = Some(profile);
        self.open_stored(now)
    }

    pub(super) fn answer(
        &mut self,
        now: Now,
        profile: &mut Profile,
        request: RequestId,
        asked: Request,
    ) -> Result<(), EngineError> {
        let result = match asked {
            Request::Join {
                kind,
                root,
                words,
                created,
            } => self.join(now, profile, kind, root, words, created)?,
            Request::Leave(conversation) => self.leave(now, profile, conversation)?,
            Request::Send(conversation, draft) => {
                self.compose(now, profile, conversation, &draft)?
            }
            Request::AdoptClock => {
                self.adopt_clock(now);
                Ok(Answer::Done)
            }
            Request::MarkSeen(conversation) => self.mark_seen(now, profile, conversation)?,
            Request::Message(conversation, message_id, ask) => {
                self.ask_of_message(now, profile, conversation, message_id, ask)?
            }
            Request::SetTimer(conversation, seconds) => {
                self.ask_for_timer(now, profile, conversation, seconds.unwrap_or_default())?
            }
            Request::Group(ask) => self.ask_groups(now, profile, ask)?,
            Request::People(ask) => self.ask_people(now, profile, ask)?,
            Request::Query(query) => {
                if let Query::Emoji { contact } = query {
                    self.look_at_emoji(now, profile, contact);
                }
                self.query(Some(profile), query)?
            }
        };
        self.reply(request, result);
        Ok(())
    }

    /// Without a profile only what concerns no person is answered.
    pub(super) fn answer_without_profile(&mut self, request: RequestId, asked: Request) {
        let result = match asked {
            Request::Query(query) => self.query(None, query).unwrap_or(Err(self.refusal())),
            _ => Err(self.refusal()),
        };
        self.reply(request, result);
    }

    fn join(
        &mut self,
        now: Now,
        profile: &mut Profile,
        kind: ChannelKind,
        root: ChannelRoot,
        words: Redacted<String>,
        created: bool,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        let conversation = root.conversation();
        if profile.conversation(conversation).is_none() {
            if profile.conversations.len() >= CONVERSATIONS_MAX {
                return Ok(Err(CommandError::ConversationsFull {
                    max: CONVERSATIONS_MAX,
                }));
            }
            let mut pseudonym_seed = [0; 32];
            self.rng.fill_bytes(&mut pseudonym_seed);
            let row = ConversationRow {
                conversation,
                kind,
                root: root.to_bytes(),
                words: words.0.clone(),
                pseudonym_seed,
                joined_at: now.wall,
            };
            profile.store.add_conversation(&row)?;
            profile.enter(row);
            self.open_stored_with(now, profile)?;
            self.tell(Event::ConversationsChanged);
        }
        Ok(Ok(match created {
            true => Answer::Created {
                conversation,
                phrase: words,
            },
            false => Answer::Joined { conversation },
        }))
    }

    fn leave(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        if profile.is_group(conversation) {
            return self.leave_group(now, profile, conversation);
        }
        if profile.conversation(conversation).is_none() {
            return Ok(Err(CommandError::UnknownConversation));
        }
        profile.store.remove_conversation(conversation)?;
        profile
            .conversations
            .retain(|kept| kept.row.conversation != conversation);
        profile.tags.remove(conversation);
        self.take_back(profile)?;
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Done))
    }

    /// Holds no envelope any more whose message was deleted.
    pub(super) fn take_back(&mut self, profile: &mut Profile) -> Result<(), EngineError> {
        let unsent: BTreeSet<_> = profile
            .store
            .outbox()?
            .into_iter()
            .map(|row| row.id)
            .collect();
        self.outbox.retain(|id| unsent.contains(&id));
        profile.untaken = unsent;
        Ok(())
    }

    fn mark_seen(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        let contact = profile.contact_of(conversation);
        let is_known = profile.conversation(conversation).is_some()
            || contact.is_some()
            || profile.is_group(conversation);
        if !is_known {
            return Ok(Err(CommandError::UnknownConversation));
        }
        profile.store.mark_seen(conversation)?;
        self.start_timers(now, profile, conversation)?;
        if let Some(contact) = contact {
            self.have_read(now, profile, contact)?;
        }
        self.tell(Event::ConversationsChanged);
        Ok(Ok(Answer::Done))
    }
}
