//! Honest nodes on virtual time, and neighbours that mean harm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mesh_core::api::{Answer, CommandError, Event, Query, Status};
use mesh_core::crypto::channel::{ChannelName, ChannelRoot};
use mesh_core::engine::{Config, Draft, Engine, Input, Output, Request};
use mesh_core::limits::{FRAME_BYTES_LAN_MAX, HELLO_CLOCK_STEP_MS};
use mesh_core::link::{FrameReader, put_frame};
use mesh_core::redact::Redacted;
use mesh_core::store::{IdentityRow, MemoryProfile, MemoryRelay, ProfileStore, RelayStore};
use mesh_core::testing::boxed_rng;
use mesh_core::types::{
    ChannelKind, ConversationId, LinkId, LinkInfo, LinkKind, LinkShape, Message, Mono, Now,
    RequestId, Wall,
};
use mesh_core::wire::envelope::Envelope;
use mesh_core::wire::frame::{Hello, Record, decode_frame, encode_record};

/// Virtual time starts here: noon of an ordinary day.
pub(crate) const START: Wall = Wall(20_780 * 86_400_000 + 12 * 3_600_000);

/// An ordered link that its carrier encrypts.
pub(crate) const PIPE: LinkShape = LinkShape::Pipe;

/// When somebody sent what on which link.
pub(crate) type Spied = (Mono, usize, LinkId, Vec<u8>);

pub(crate) struct World {
    pub(crate) mono: u64,
    pub(crate) engines: Vec<Engine>,
    pub(crate) events: Vec<Vec<Event>>,
    /// How far each one's clock is off.
    pub(crate) clock_off_ms: Vec<i64>,
    /// Both ends of each link between honest nodes.
    wires: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    /// Whose neighbour each hostile one is.
    hostile: BTreeMap<LinkId, usize>,
    /// What hostile neighbours were sent, one entry for each time; nothing is kept
    /// of those who do not listen.
    heard: BTreeMap<LinkId, Vec<Vec<u8>>>,
    deaf: BTreeSet<LinkId>,
    /// Those whose carrier takes nothing.
    choked: BTreeSet<LinkId>,
    closed: BTreeSet<LinkId>,
    /// Everything that honest nodes sent one another, by link.
    pub(crate) recorded: Option<BTreeMap<LinkId, Vec<u8>>>,
    /// The same with who sent it and when, in order.
    pub(crate) spied: Option<Vec<Spied>>,
    queue: VecDeque<(usize, Input)>,
    links: u64,
    requests: u64,
}

impl World {
    /// So many people on memory stores, none linked, in no channel.
    pub(crate) fn new(count: usize) -> Self {
        let mut world = Self {
            mono: 0,
            engines: Vec::new(),
            events: Vec::new(),
            clock_off_ms: Vec::new(),
            wires: BTreeMap::new(),
            hostile: BTreeMap::new(),
            heard: BTreeMap::new(),
            deaf: BTreeSet::new(),
            choked: BTreeSet::new(),
            closed: BTreeSet::new(),
            recorded: None,
            spied: None,
            queue: VecDeque::new(),
            links: 0,
            requests: 0,
        };
        for _ in 0..count {
            let relay = Box::new(MemoryRelay::default());
            let mut profile = MemoryProfile::default();
            world.set_identity(&mut profile);
            world.add(relay, Box::new(profile), Config::new("test"));
        }
        world
    }

    /// Gives the next node of this world an identity.
    pub(crate) fn set_identity(&self, profile: &mut dyn ProfileStore) {
        let number = self.engines.len();
        profile.begin().unwrap();
        let identity = IdentityRow {
            seed: [number as u8; 32].into(),
            card_secret: [number as u8 + 1; 32].into(),
            name: format!("person {number}"),
        };
        profile.set_identity(&identity).unwrap();
        profile.commit().unwrap();
    }

    /// One more node, on these stores.
    pub(crate) fn add(
        &mut self,
        relay: Box<dyn RelayStore + Send>,
        profile: Box<dyn ProfileStore + Send>,
        config: Config,
    ) -> usize {
        let number = self.engines.len();
        self.clock_off_ms.push(0);
        let rng = boxed_rng(number as u64);
        let now = self.now(number);
        let engine = Engine::new(now, config, rng, relay, Some(profile)).unwrap();
        self.engines.push(engine);
        self.events.push(Vec::new());
        number
    }

    /// A node goes down, with all its links, and comes up again on these stores.
    pub(crate) fn restart(
        &mut self,
        node: usize,
        stores: impl FnOnce() -> (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>),
    ) {
        let ends = self.links_of(node);
        ends.into_iter().for_each(|link| self.cut(node, link));
        self.queue.retain(|(of, _)| *of != node);
        // The files have one user at a time.
        let nothing = Box::new(MemoryRelay::default());
        let (now, config) = (self.now(node), Config::new("test"));
        let idle = Engine::new(now, config.clone(), boxed_rng(0), nothing, None).unwrap();
        drop(std::mem::replace(&mut self.engines[node], idle));
        let (relay, profile) = stores();
        let rng = boxed_rng(1_000 + node as u64);
        self.engines[node] = Engine::new(now, config, rng, relay, Some(profile)).unwrap();
    }

    pub(crate) fn now(&self, node: usize) -> Now {
        let wall = START.0 + self.mono;
        Now {
            mono: Mono(self.mono),
            wall: Wall(wall.saturating_add_signed(self.clock_off_ms[node])),
        }
    }

    /// Joins two honest nodes.
    pub(crate) fn link(&mut self, a: usize, b: usize) -> LinkId {
        let (to_b, to_a) = (self.fresh_link(), self.fresh_link());
        self.wires.insert((a, to_b), (b, to_a));
        self.wires.insert((b, to_a), (a, to_b));
        for (node, link) in [(a, to_b), (b, to_a)] {
            let info = info(LinkKind::Lan, PIPE, node == a);
            self.queue.push_back((node, Input::LinkUp { link, info }));
        }
        to_b
    }

    pub(crate) fn cut(&mut self, node: usize, link: LinkId) {
        if let Some((other, back)) = self.wires.remove(&(node, link)) {
            self.wires.remove(&(other, back));
            self.queue.push_back((node, Input::LinkDown { link }));
            self.queue
                .push_back((other, Input::LinkDown { link: back }));
        }
    }

    /// The live links between a node and other honest ones.
    pub(crate) fn links_of(&self, node: usize) -> Vec<LinkId> {
        let ends = self.wires.keys().filter(|(of, _)| *of == node);
        ends.map(|(_, link)| *link).collect()
    }

    /// A hostile neighbour connects to a node, and has said nothing yet.
    pub(crate) fn besiege(&mut self, node: usize, kind: LinkKind, shape: LinkShape) -> LinkId {
        let link = self.fresh_link();
        self.hostile.insert(link, node);
        let info = info(kind, shape, false);
        self.give(node, vec![Input::LinkUp { link, info }]);
        link
    }

    /// The same on a LAN, after a well-formed Hello.
    pub(crate) fn neighbour(&mut self, node: usize) -> LinkId {
        let link = self.besiege(node, LinkKind::Lan, PIPE);
        let hello = self.hello(link);
        self.say(link, &[hello]);
        link
    }

    /// It holds nothing, has the right time, and its random value is its own.
    pub(crate) fn hello(&self, link: LinkId) -> Record {
        let mut random = [0; 32];
        random[..8].copy_from_slice(&link.0.to_le_bytes());
        let quarters = (START.0 + self.mono + HELLO_CLOCK_STEP_MS / 2) / HELLO_CLOCK_STEP_MS;
        Record::Hello(Hello {
            frame_bytes_max: FRAME_BYTES_LAN_MAX as u32,
            random,
            clock_quarters: quarters as u32,
            held_log2: [0; 4],
        })
    }

    /// It stops listening: what it is sent is thrown away.
    pub(crate) fn deafen(&mut self, link: LinkId) {
        self.heard.remove(&link);
        self.deaf.insert(link);
    }

    /// It stops reading, so that its carrier takes nothing any more.
    pub(crate) fn choke(&mut self, link: LinkId) {
        self.choked.insert(link);
        self.deafen(link);
    }

    /// It says these records, in one frame of an ordered pipe.
    pub(crate) fn say(&mut self, link: LinkId, records: &[Record]) {
        self.bring(link, framed(records));
    }

    /// It offers an envelope and pushes it, which must have been asked for.
    pub(crate) fn plant(&mut self, link: LinkId, envelope: Envelope) {
        let (class, ids) = (envelope.header().class, vec![envelope.id()]);
        self.say(link, &[Record::Offer { class, ids }]);
        self.say(link, &[Record::Push(envelope)]);
    }

    /// It brings these bytes.
    pub(crate) fn bring(&mut self, link: LinkId, bytes: Vec<u8>) {
        let node = self.hostile[&link];
        self.give(node, vec![Input::Received { link, bytes }]);
    }

    /// It goes, and nothing is kept of it here.
    pub(crate) fn leave(&mut self, link: LinkId) {
        let node = self.hostile[&link];
        self.give(node, vec![Input::LinkDown { link }]);
        self.hostile.remove(&link);
        self.heard.remove(&link);
        for noted in [&mut self.deaf, &mut self.choked, &mut self.closed] {
            noted.remove(&link);
        }
    }

    /// What it was sent since the last time, one entry for each time.
    pub(crate) fn heard(&mut self, link: LinkId) -> Vec<Vec<u8>> {
        self.heard.remove(&link).unwrap_or_default()
    }

    /// The same on an ordered pipe, as records.
    pub(crate) fn records(&mut self, link: LinkId) -> Vec<Record> {
        let frames = FrameReader::default()
            .read(&self.heard(link).concat())
            .unwrap();
        frames
            .iter()
            .flat_map(|frame| decode_frame(frame).unwrap())
            .collect()
    }

    /// Whether the node has closed it.
    pub(crate) fn is_closed(&self, link: LinkId) -> bool {
        self.closed.contains(&link)
    }

    /// Lets virtual time pass. Fails if a node wants to be woken again and again at one
    /// moment: on a real clock it would use up a processor.
    pub(crate) fn run(&mut self, span_ms: u64) {
        let end = self.mono + span_ms;
        let mut wakes = 0;
        loop {
            while let Some((node, input)) = self.queue.pop_front() {
                self.give(node, vec![input]);
            }
            let timers = self.engines.iter().map(|engine| engine.next_timeout().0);
            let next = timers.min().unwrap();
            if next > end {
                self.mono = end;
                return;
            }
            wakes = if next > self.mono { 0 } else { wakes + 1 };
            assert!(wakes < 10_000, "a node does not sleep");
            self.mono = self.mono.max(next);
            for node in 0..self.engines.len() {
                if self.engines[node].next_timeout().0 <= self.mono {
                    self.give(node, Vec::new());
                }
            }
        }
    }

    pub(crate) fn give(&mut self, node: usize, inputs: Vec<Input>) {
        let now = self.now(node);
        self.engines[node].handle(now, inputs).unwrap();
        while let Some(output) = self.engines[node].poll_output() {
            match output {
                Output::Event(event) => self.events[node].push(event),
                Output::CloseLink { link } => {
                    self.closed.insert(link);
                    self.cut(node, link);
                }
                Output::Transmit { link, bytes } => self.carry(node, link, bytes),
            }
        }
    }

    fn carry(&mut self, node: usize, link: LinkId, bytes: Vec<u8>) {
        if !self.choked.contains(&link) {
            let bytes = bytes.len();
            self.queue.push_back((node, Input::Sent { link, bytes }));
        }
        if let Some((other, back)) = self.wires.get(&(node, link)).copied() {
            if let Some(recorded) = &mut self.recorded {
                recorded.entry(link).or_default().extend_from_slice(&bytes);
            }
            if let Some(spied) = &mut self.spied {
                spied.push((Mono(self.mono), node, link, bytes.clone()));
            }
            self.queue
                .push_back((other, Input::Received { link: back, bytes }));
        } else if self.hostile.contains_key(&link) && !self.deaf.contains(&link) {
            self.heard.entry(link).or_default().push(bytes);
        }
    }

    pub(crate) fn ask(&mut self, node: usize, asked: Request) -> Result<Answer, CommandError> {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.give(node, vec![Input::Request(request, asked)]);
        let answers = self.events[node].iter().rev();
        let mut answers = answers.filter_map(|event| match event {
            Event::Answer {
                request: of,
                result,
            } if *of == request => Some(result.clone()),
            _ => None,
        });
        answers.next().unwrap()
    }

    pub(crate) fn join(&mut self, node: usize, name: &str) -> ConversationId {
        let asked = Request::Join {
            kind: ChannelKind::Public,
            root: ChannelRoot::public(&ChannelName::parse(name).unwrap()),
            words: Redacted(name.to_owned()),
            created: false,
        };
        match self.ask(node, asked) {
            Ok(Answer::Joined { conversation }) => conversation,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn write(&mut self, node: usize, conversation: ConversationId, text: &str) {
        let text = Redacted(text.to_owned());
        let said = self.ask(node, Request::Send(conversation, Draft::text(text)));
        assert!(matches!(said, Ok(Answer::Sent { .. })), "{said:?}");
    }

    pub(crate) fn timeline(&mut self, node: usize, conversation: ConversationId) -> Vec<Message> {
        let query = Query::Timeline {
            conversation,
            before: None,
            limit: 200,
        };
        match self.ask(node, Request::Query(query)) {
            Ok(Answer::Timeline(page)) => page.messages,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn status(&mut self, node: usize) -> Status {
        match self.ask(node, Request::Query(Query::Status)) {
            Ok(Answer::Status(status)) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Envelopes that a node holds.
    pub(crate) fn held(&mut self, node: usize) -> u64 {
        self.status(node).stored.count
    }

    /// Messages that a node was told of as new.
    pub(crate) fn received(&self, node: usize) -> usize {
        let events = self.events[node].iter();
        events
            .filter(|event| matches!(event, Event::MessageReceived(_)))
            .count()
    }

    fn fresh_link(&mut self) -> LinkId {
        self.links += 1;
        LinkId(self.links)
    }
}

/// A besieged node 0 with an honest neighbour 1; they talk in one channel, and what
/// is said there must get through whatever else happens.
pub(crate) struct Siege {
    pub(crate) world: World,
    pub(crate) channel: ConversationId,
    said: usize,
}

impl Siege {
    pub(crate) fn new() -> Self {
        let mut world = World::new(2);
        let channel = world.join(0, "nearby");
        world.join(1, "nearby");
        world.link(0, 1);
        world.run(1_000);
        Self {
            world,
            channel,
            said: 0,
        }
    }

    /// One message each way; both must have come within five seconds.
    pub(crate) fn assert_honest_messages_pass(&mut self) {
        self.said += 1;
        for node in 0..2 {
            let text = format!("{node} says {}", self.said);
            self.world.write(node, self.channel, &text);
        }
        self.world.run(5_000);
        for node in 0..2 {
            let text = format!("{} says {}", 1 - node, self.said);
            let came = self.world.timeline(node, self.channel);
            let times = came.iter().filter(|message| message.text == text).count();
            assert_eq!(times, 1, "{text}");
        }
    }
}

pub(crate) fn info(kind: LinkKind, shape: LinkShape, outbound: bool) -> LinkInfo {
    let address = None;
    LinkInfo {
        kind,
        outbound,
        shape,
        address,
    }
}

/// Records in one frame, with its length.
pub(crate) fn framed(records: &[Record]) -> Vec<u8> {
    let mut frame = Vec::new();
    records
        .iter()
        .for_each(|record| encode_record(&mut frame, record));
    let mut bytes = Vec::new();
    put_frame(&mut bytes, &frame);
    bytes
}
