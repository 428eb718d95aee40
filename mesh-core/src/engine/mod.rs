//! The whole protocol as one synchronous state machine.
//!
//! Floor 4. No clock, no sockets, no threads: the node drives it under real
//! links, the simulator under virtual ones. The contract:
//!
//! 1. call [`Engine::handle`] with a batch of inputs, or with none when
//!    [`Engine::next_timeout`] has come;
//! 2. take everything from [`Engine::poll_output`] until it gives `None`;
//! 3. sleep until the next input or [`Engine::next_timeout`].
//!
//! A batch is one transaction of the relay store, then one of the profile store;
//! outputs appear only after both are committed. A peer's bytes never make an
//! [`EngineError`]: that means our own store failed, and the engine must be
//! dropped and built again from the stores. Start and recovery are the same code.

mod clocks;
mod company;
mod compose;
mod conversations;
mod counters;
mod flush;
mod groups;
mod housekeeping;
mod ingest;
mod links;
mod lock;
mod marks;
mod outbox;
mod peer;
mod peers;
mod people;
mod pipe;
mod query;
mod reconcile;
mod records;

use std::collections::{BTreeMap, VecDeque};

use rand_core::CryptoRng;

use crate::api::{CommandError, Event, Notice, Pushed};
use crate::crypto::channel::ChannelRoot;
use crate::gossip::{Inventory, Seen, Wants};
use crate::limits::{RELAY_BYTES_MAX, SEEN_IDS_MAX};
use crate::redact::Redacted;
use crate::store::{ProfileStore, RelayStore, StoreError};
use crate::types::{
    CarrierStatus, ChannelKind, ConversationId, EnvelopeId, Lifetime, LinkId, LinkInfo, MemberId,
    MessageClass, MessageId, Mono, Now, RequestId,
};
use crate::wire::envelope::Envelope;

use clocks::Clocks;
use lock::Locked;
use outbox::Outbox;
use peer::Peer;
use peers::Peers;

pub use conversations::Profile;
pub use counters::Counters;

/// What the engine is told.
#[derive(Debug)]
pub enum Input {
    /// A carrier made a link.
    LinkUp {
        /// Never used before in this run.
        link: LinkId,
        /// What the carrier knows of it.
        info: LinkInfo,
    },
    /// A link is gone.
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// Bytes from a neighbour: on a pipe in order and in any pieces, else one datagram.
    Received {
        /// From which link.
        link: LinkId,
        /// As they came.
        bytes: Vec<u8>,
    },
    /// The carrier took the bytes of one `Transmit`.
    Sent {
        /// On which link.
        link: LinkId,
        /// As many as were given.
        bytes: usize,
    },
    /// What a carrier can do changed.
    Carrier(CarrierStatus),
    /// Bytes that the disk has left for us.
    DiskFree(u64),
    /// A person asks for something.
    Request(RequestId, Request),
}

/// What a person asks for, with slow key derivation done already.
#[derive(Debug)]
pub enum Request {
    /// Join a channel.
    Join {
        /// Who can read it.
        kind: ChannelKind,
        /// Its key.
        root: ChannelRoot,
        /// Normalised phrase or name, to be shown again later.
        words: Redacted<String>,
        /// Whether the phrase was drawn just now: the answer then repeats it.
        created: bool,
    },
    /// See [`crate::api::Command::Leave`].
    Leave(ConversationId),
    /// See [`crate::api::Command::Send`].
    Send(ConversationId, Draft),
    /// See [`crate::api::Command::MarkSeen`].
    MarkSeen(ConversationId),
    /// Mesh time shall be what the neighbours say, at once.
    AdoptClock,
    /// See [`crate::api::Command::Message`].
    Message(ConversationId, MessageId, crate::api::MessageCommand),
    /// See [`crate::api::Command::SetTimer`].
    SetTimer(ConversationId, Option<u32>),
    /// Something about people.
    People(crate::api::PeopleCommand),
    /// Something about groups.
    Group(crate::api::GroupCommand),
    /// See [`crate::api::Query`].
    Query(crate::api::Query),
}

/// What a person wrote, and how it is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The words.
    pub text: Redacted<String>,
    /// What they are written as.
    pub class: MessageClass,
    /// See [`crate::api::Command::Send`].
    pub lifetime: Option<Lifetime>,
    /// See [`crate::api::Command::Send`].
    pub reply_to: Option<MessageId>,
    /// See [`crate::api::Command::Send`].
    pub mentions: Vec<MemberId>,
}

impl Draft {
    /// An ordinary text with the ordinary lifetime.
    #[must_use]
    pub fn text(text: Redacted<String>) -> Self {
        Self {
            text,
            class: MessageClass::Text,
            lifetime: None,
            reply_to: None,
            mentions: Vec::new(),
        }
    }
}

/// What the engine wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Give bytes to a link.
    Transmit {
        /// Which.
        link: LinkId,
        /// Whole frames with their lengths, or one datagram.
        bytes: Vec<u8>,
    },
    /// Close a link; a `LinkDown` input is expected, but not needed.
    CloseLink {
        /// Which.
        link: LinkId,
    },
    /// Tell the app.
    Event(Event),
}

/// Our own store or our own invariant failed. Drop the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An earlier call failed.
    #[error("the engine failed earlier")]
    Poisoned,
}

/// What does not change during a run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Of the program, for `status`.
    pub version: &'static str,
    /// Bytes of sealed envelopes carried.
    pub relay_bytes_max: u64,
    /// Ids remembered beside those held.
    pub seen_ids_max: usize,
    /// What own messages expire after on the wire, rounded up to a tick and not
    /// shortened, whatever their author chose: only a simulation wants that.
    #[cfg(feature = "sim")]
    pub exact_lifetime_ms: Option<u64>,
    /// Own messages of any class wait for up to this, at random, instead of what
    /// `limits.rs` says: to measure what the wait hides and costs.
    #[cfg(feature = "sim")]
    pub own_hold_ms: Option<u64>,
    /// The same for how long only one neighbour is offered an own message.
    #[cfg(feature = "sim")]
    pub confide_ms: Option<u64>,
    /// Own messages wait, up to a minute, until others' go out with them.
    pub careful: bool,
    /// What the person should know of this machine, for `status`.
    pub notices: Vec<Notice>,
}

impl Config {
    /// The limits of `limits.rs`.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        Self {
            version,
            relay_bytes_max: RELAY_BYTES_MAX,
            seen_ids_max: SEEN_IDS_MAX,
            #[cfg(feature = "sim")]
            exact_lifetime_ms: None,
            #[cfg(feature = "sim")]
            own_hold_ms: None,
            #[cfg(feature = "sim")]
            confide_ms: None,
            careful: false,
            notices: Vec::new(),
        }
    }
}

/// What one batch leaves for the profile store, once the relay store is committed.
#[derive(Debug, Default)]
struct Pending {
    /// Their time to be opened has come.
    openable: Vec<Envelope>,
    /// Own envelopes whose time was over before they could go out.
    lapsed: Vec<EnvelopeId>,
    /// Envelopes that neighbours confirmed.
    confirmed: Vec<EnvelopeId>,
    requests: Vec<(RequestId, Request)>,
    /// Something between people is due.
    people: bool,
}

impl Pending {
    fn is_empty(&self) -> bool {
        !self.people
            && self.openable.is_empty()
            && self.lapsed.is_empty()
            && self.confirmed.is_empty()
            && self.requests.is_empty()
    }
}

/// One node's protocol. See the module for the contract.
pub struct Engine {
    config: Config,
    rng: Box<dyn CryptoRng + Send>,
    relay: Box<dyn RelayStore + Send>,
    profile: Option<Profile>,
    /// How often something was committed to a profile's store.
    profile_revision: u64,
    locked: Locked,
    inventory: Inventory,
    seen: Seen,
    wants: Wants,
    peers: Peers,
    outbox: Outbox,
    /// Came in and bear a tag we know, by the time they are opened.
    openings: BTreeMap<(Mono, EnvelopeId), Envelope>,
    carriers: BTreeMap<String, CarrierStatus>,
    pending: Pending,
    counters: Counters,
    outputs: VecDeque<Output>,
    relay_is_open: bool,
    /// What the relay store may fill now: less than configured on a full disk.
    relay_bytes_max: u64,
    housekeeping_at: Mono,
    clock_is_told: bool,
    clocks: Clocks,
    pushed: Pushed,
    is_poisoned: bool,
    /// Classes short of room, by their codes, as of the last batch.
    contended: Vec<u8>,
}

impl Engine {
    /// Builds the engine from its stores: at start, after unlock, after a failure.
    /// Without `profile` it relays only.
    ///
    /// # Errors
    /// A store cannot be read, or refuses what opening stored envelopes writes.
    pub fn new(
        now: Now,
        config: Config,
        rng: Box<dyn CryptoRng + Send>,
        relay: Box<dyn RelayStore + Send>,
        profile: Option<Box<dyn ProfileStore + Send>>,
    ) -> Result<Self, EngineError> {
        let mut engine = Self {
            seen: Seen::new(config.seen_ids_max),
            relay_bytes_max: config.relay_bytes_max,
            config,
            rng,
            relay,
            profile: None,
            profile_revision: 0,
            locked: Locked::default(),
            inventory: Inventory::default(),
            wants: Wants::default(),
            peers: Peers::default(),
            outbox: Outbox::default(),
            openings: BTreeMap::new(),
            carriers: BTreeMap::new(),
            pending: Pending::default(),
            counters: Counters::default(),
            outputs: VecDeque::new(),
            relay_is_open: false,
            housekeeping_at: now.mono,
            clock_is_told: false,
            clocks: Clocks::new(now),
            pushed: Pushed::default(),
            is_poisoned: false,
            contended: Vec::new(),
        };
        engine.load_relay(now)?;
        if let Some(store) = profile {
            engine.load_profile(now, store)?;
        }
        Ok(engine)
    }

    /// Handles a batch of inputs and every timer that is due.
    ///
    /// # Errors
    /// A store failed; nothing of the batch may be believed, and the engine
    /// refuses everything from now on.
    pub fn handle(
        &mut self,
        now: Now,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Result<(), EngineError> {
        assert!(
            self.outputs.is_empty(),
            "poll_output was not drained before handle"
        );
        if self.is_poisoned {
            return Err(EngineError::Poisoned);
        }
        let handled = self.handle_batch(now, inputs);
        if handled.is_err() {
            self.is_poisoned = true;
            self.outputs.clear();
        }
        handled
    }

    /// The next thing to do, in order; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What went over all links so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// When [`Self::handle`] wants to be called even without input.
    #[must_use]
    pub fn next_timeout(&self) -> Mono {
        let opening = self.openings.first_key_value().map(|((at, _), _)| *at);
        let times = [
            self.peers.next_timeout(),
            self.outbox.next_timeout(),
            self.wants.next_timeout(),
            opening,
            self.profile.as_ref().and_then(Profile::next_timeout),
        ];
        let times = times.into_iter().flatten();
        times.fold(self.housekeeping_at, Mono::min)
    }

    /// Envelopes that a link moved so far, both ways together: what choosing
    /// neighbours goes by. 0 for a link that is gone.
    #[must_use]
    pub fn moved_on(&self, link: LinkId) -> u64 {
        self.peers.get(link).map_or(0, Peer::moved)
    }

    fn handle_batch(
        &mut self,
        now: Now,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Result<(), EngineError> {
        // At once, not with the housekeeping: a clock that is wrong for a moment refuses
        // envelopes in that moment, and nobody offers them again unasked.
        if self.clocks.was_set(now) {
            self.look_at_clock(now);
        }
        for input in inputs {
            self.handle_input(now, input)?;
        }
        self.handle_timers(now)?;
        self.commit_relay()?;
        self.handle_pending(now)?;
        self.flush(now)
    }

    fn handle_input(&mut self, now: Now, input: Input) -> Result<(), EngineError> {
        match input {
            Input::LinkUp { link, info } => self.link_up(now, link, info),
            Input::LinkDown { link } => self.link_down(link),
            Input::Received { link, bytes } => self.received(now, link, &bytes)?,
            Input::Sent { link, bytes } => {
                self.peers.sent(link, bytes);
            }
            Input::Carrier(status) => {
                self.carriers.insert(status.name.clone(), status);
                self.tell(Event::StatusChanged);
            }
            Input::DiskFree(bytes) => self.disk_free(bytes)?,
            Input::Request(request, asked) => self.pending.requests.push((request, asked)),
        }
        Ok(())
    }

    fn handle_timers(&mut self, now: Now) -> Result<(), EngineError> {
        self.release_own(now)?;
        self.begin_openings(now);
        let people_at = self.profile.as_ref().and_then(Profile::next_timeout);
        self.pending.people |= people_at.is_some_and(|at| at <= now.mono);
        for link in self.wants.expire(now.mono) {
            if let Some(peer) = self.peers.touch(link) {
                peer.resync_later(now.mono);
            }
        }
        self.close_silent_peers(now);
        if self.housekeeping_at <= now.mono {
            self.keep_house(now)?;
        }
        Ok(())
    }

    /// The second half of a batch: what needs the profile, in one transaction.
    fn handle_pending(&mut self, now: Now) -> Result<(), EngineError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let Some(mut profile) = self.profile.take() else {
            self.postpone(pending);
            return Ok(());
        };
        let done = self.handle_pending_with(now, &mut profile, pending);
        self.profile = Some(profile);
        done
    }

    fn handle_pending_with(
        &mut self,
        now: Now,
        profile: &mut Profile,
        pending: Pending,
    ) -> Result<(), EngineError> {
        profile.store.begin()?;
        for id in pending.lapsed {
            profile.untaken.remove(&id);
            profile.store.take_outbox(id)?;
        }
        for id in pending.confirmed {
            self.taken(profile, id)?;
        }
        for envelope in pending.openable {
            self.open(now, profile, &envelope)?;
        }
        for (request, asked) in pending.requests {
            self.answer(now, profile, request, asked)?;
        }
        if pending.people {
            self.tend_people(now, profile)?;
            self.let_disappear(now, profile)?;
            self.tend_groups(now, profile)?;
        }
        profile.save_groups()?;
        profile.store.commit()?;
        self.profile_revision += 1;
        Ok(())
    }

    /// Begins the batch's relay transaction with its first write.
    fn relay_to_write(&mut self) -> Result<&mut (dyn RelayStore + Send), EngineError> {
        if !self.relay_is_open {
            self.relay.begin()?;
            self.relay_is_open = true;
        }
        Ok(self.relay.as_mut())
    }

    fn commit_relay(&mut self) -> Result<(), EngineError> {
        if std::mem::take(&mut self.relay_is_open) {
            self.relay.commit()?;
        }
        Ok(())
    }

    /// The stores as the last batch left them: what a restart begins with.
    #[cfg(test)]
    fn into_stores(
        self,
    ) -> (
        Box<dyn RelayStore + Send>,
        Option<Box<dyn ProfileStore + Send>>,
    ) {
        (self.relay, self.profile.map(|profile| profile.store))
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn reply(&mut self, request: RequestId, result: Result<crate::api::Answer, CommandError>) {
        self.tell(Event::Answer { request, result });
    }
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine")
            .field("peers", &self.peers.len())
            .field("held", &self.inventory.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
