//! A few engines on memory stores and one virtual clock.

use std::collections::{BTreeMap, VecDeque};

use crate::api::{Answer, CommandError, Event, Query, Status};
use crate::crypto::channel::{ChannelName, ChannelRoot};
use crate::engine::{Config, Draft, Engine, Input, Output, Request};
use crate::redact::Redacted;
use crate::store::{IdentityRow, MemoryProfile, MemoryRelay, ProfileStore, Transact as _};
use crate::testing::boxed_rng;
use crate::types::{
    ChannelKind, ConversationId, LinkId, LinkInfo, LinkKind, LinkShape, Message, Mono, Now,
    RequestId, Wall,
};

/// Virtual time starts here: an ordinary day.
const START: Wall = Wall(20_780 * crate::limits::DAY_MS + 12 * 60 * 60 * 1_000);

pub(in crate::engine) struct Crowd {
    pub(in crate::engine) mono: u64,
    /// Everybody's clock is this much ahead.
    pub(in crate::engine) clock_step_ms: u64,
    /// One person's clock is this much ahead of the others'.
    pub(in crate::engine) clock_ahead_ms: Vec<u64>,
    pub(in crate::engine) engines: Vec<Engine>,
    pub(in crate::engine) events: Vec<Vec<Event>>,
    /// Both ends of each link: (engine, link) to (engine, link).
    wires: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    queue: VecDeque<(usize, Input)>,
    locked: BTreeMap<usize, Box<dyn ProfileStore + Send>>,
    links: u64,
    requests: u64,
    pub(in crate::engine) transmitted_bytes: usize,
    /// What was sent on links that no engine is at the other end of.
    pub(in crate::engine) overheard: Vec<(LinkId, Vec<u8>)>,
}

impl Crowd {
    /// `count` people, none linked, in no channel.
    pub(in crate::engine) fn new(count: usize) -> Self {
        let mut crowd = Self {
            mono: 0,
            clock_step_ms: 0,
            clock_ahead_ms: vec![0; count],
            engines: Vec::new(),
            events: vec![Vec::new(); count],
            wires: BTreeMap::new(),
            queue: VecDeque::new(),
            locked: BTreeMap::new(),
            links: 0,
            requests: 0,
            transmitted_bytes: 0,
            overheard: Vec::new(),
        };
        for number in 0..count {
            let engine = crowd.fresh_engine(number);
            crowd.engines.push(engine);
        }
        crowd
    }

    pub(in crate::engine) fn fresh_engine(&self, number: usize) -> Engine {
        let mut profile = MemoryProfile::default();
        profile.begin().unwrap();
        let identity = IdentityRow {
            seed: [u8::try_from(number).unwrap(); 32].into(),
            card_secret: [u8::try_from(number + 1).unwrap(); 32].into(),
            name: format!("person {number}"),
        };
        profile.set_identity(&identity).unwrap();
        profile.commit().unwrap();
        let relay = Box::new(MemoryRelay::default());
        let rng = boxed_rng(number as u64);
        Engine::new(
            self.now(),
            Config::new("test"),
            rng,
            relay,
            Some(Box::new(profile)),
        )
        .unwrap()
    }

    pub(in crate::engine) fn now(&self) -> Now {
        Now {
            mono: Mono(self.mono),
            wall: START.plus_ms(self.mono + self.clock_step_ms),
        }
    }

    pub(in crate::engine) fn link(&mut self, a: usize, b: usize) -> (LinkId, LinkId) {
        let (to_b, to_a) = (LinkId(self.links), LinkId(self.links + 1));
        self.links += 2;
        self.wires.insert((a, to_b), (b, to_a));
        self.wires.insert((b, to_a), (a, to_b));
        for (engine, link) in [(a, to_b), (b, to_a)] {
            let info = LinkInfo {
                kind: LinkKind::Lan,
                outbound: engine == a,
                shape: LinkShape::Pipe,
                address: None,
            };
            self.queue.push_back((engine, Input::LinkUp { link, info }));
        }
        (to_b, to_a)
    }

    pub(in crate::engine) fn cut(&mut self, a: usize, link: LinkId) {
        if let Some((b, other)) = self.wires.remove(&(a, link)) {
            self.wires.remove(&(b, other));
            self.queue.push_back((a, Input::LinkDown { link }));
            self.queue.push_back((b, Input::LinkDown { link: other }));
        }
    }

    /// Lets virtual time pass until `span_ms` are over.
    pub(in crate::engine) fn run(&mut self, span_ms: u64) {
        let end = self.mono + span_ms;
        loop {
            while let Some((engine, input)) = self.queue.pop_front() {
                self.give(engine, vec![input]);
            }
            let next = self
                .engines
                .iter()
                .map(|engine| engine.next_timeout().0)
                .min()
                .unwrap();
            if next > end {
                self.mono = end;
                return;
            }
            self.mono = self.mono.max(next);
            for engine in 0..self.engines.len() {
                if self.engines[engine].next_timeout().0 <= self.mono {
                    self.give(engine, Vec::new());
                }
            }
        }
    }

    pub(in crate::engine) fn give(&mut self, engine: usize, inputs: Vec<Input>) {
        let mut now = self.now();
        now.wall = now.wall.plus_ms(self.clock_ahead_ms[engine]);
        self.engines[engine].handle(now, inputs).unwrap();
        self.drain(engine);
    }

    pub(in crate::engine) fn drain(&mut self, engine: usize) {
        while let Some(output) = self.engines[engine].poll_output() {
            match output {
                Output::Event(event) => self.events[engine].push(event),
                Output::CloseLink { link } => self.cut(engine, link),
                Output::Transmit { link, bytes } => {
                    self.transmitted_bytes += bytes.len();
                    let sent = Input::Sent {
                        link,
                        bytes: bytes.len(),
                    };
                    self.queue.push_back((engine, sent));
                    if let Some((other, link)) = self.wires.get(&(engine, link)).copied() {
                        self.queue
                            .push_back((other, Input::Received { link, bytes }));
                    } else {
                        self.overheard.push((link, bytes));
                    }
                }
            }
        }
    }

    pub(in crate::engine) fn ask(
        &mut self,
        engine: usize,
        asked: Request,
    ) -> Result<Answer, CommandError> {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.give(engine, vec![Input::Request(request, asked)]);
        self.events[engine]
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::Answer {
                    request: of,
                    result,
                } if *of == request => Some(result.clone()),
                _ => None,
            })
            .unwrap()
    }

    pub(in crate::engine) fn join(&mut self, engine: usize, name: &str) -> ConversationId {
        let root = ChannelRoot::public(&ChannelName::parse(name).unwrap());
        let words = Redacted(name.to_owned());
        let asked = Request::Join {
            kind: ChannelKind::Public,
            root,
            words,
            created: false,
        };
        match self.ask(engine, asked) {
            Ok(Answer::Joined { conversation }) => conversation,
            other => panic!("{other:?}"),
        }
    }

    pub(in crate::engine) fn say(
        &mut self,
        engine: usize,
        conversation: ConversationId,
        text: &str,
    ) {
        let said = self.ask(
            engine,
            Request::Send(conversation, Draft::text(Redacted(text.to_owned()))),
        );
        assert!(matches!(said, Ok(Answer::Sent { .. })), "{said:?}");
    }

    pub(in crate::engine) fn timeline(
        &mut self,
        engine: usize,
        of: ConversationId,
    ) -> Vec<Message> {
        let query = Query::Timeline {
            conversation: of,
            before: None,
            limit: 200,
        };
        match self.ask(engine, Request::Query(query)) {
            Ok(Answer::Timeline(page)) => page.messages,
            other => panic!("{other:?}"),
        }
    }

    pub(in crate::engine) fn texts(&mut self, engine: usize, of: ConversationId) -> Vec<String> {
        let mut texts: Vec<_> = self
            .timeline(engine, of)
            .into_iter()
            .map(|m| m.text)
            .collect();
        texts.sort();
        texts
    }

    pub(in crate::engine) fn status(&mut self, engine: usize) -> Status {
        match self.ask(engine, Request::Query(Query::Status)) {
            Ok(Answer::Status(status)) => status,
            other => panic!("{other:?}"),
        }
    }
}

impl Crowd {
    /// Ends one engine and starts it anew from its stores; its links are gone.
    pub(in crate::engine) fn restart(&mut self, engine: usize) {
        for link in self.links_of(engine) {
            self.cut(engine, link);
        }
        self.queue.retain(|(of, _)| *of != engine);
        self.requests += 1;
        let spare = self.fresh_engine(engine);
        let ended = std::mem::replace(&mut self.engines[engine], spare);
        let (relay, profile) = ended.into_stores();
        let rng = boxed_rng(self.requests << 8 | engine as u64);
        let config = Config::new("test");
        self.engines[engine] = Engine::new(self.now(), config, rng, relay, profile).unwrap();
        self.drain(engine);
    }

    /// Locks one person's profile; its store comes back at [`Crowd::unlock`].
    pub(in crate::engine) fn lock(&mut self, engine: usize) {
        if let Some(store) = self.engines[engine].lock() {
            self.locked.insert(engine, store);
        }
        self.drain(engine);
    }

    pub(in crate::engine) fn unlock(&mut self, engine: usize) {
        let store = self.locked.remove(&engine).unwrap();
        let now = self.now();
        self.engines[engine].unlock(now, store).unwrap();
        self.drain(engine);
    }

    /// The live links of one engine.
    pub(in crate::engine) fn links_of(&self, engine: usize) -> Vec<LinkId> {
        let ends = self.wires.keys().filter(|(of, _)| *of == engine);
        ends.map(|(_, link)| *link).collect()
    }

    /// Every text of a conversation, page by page.
    pub(in crate::engine) fn all_lines(
        &mut self,
        engine: usize,
        of: ConversationId,
    ) -> Vec<String> {
        let (mut lines, mut before) = (Vec::new(), None);
        loop {
            let query = Query::Timeline {
                conversation: of,
                before,
                limit: 200,
            };
            let Ok(Answer::Timeline(page)) = self.ask(engine, Request::Query(query)) else {
                panic!("no timeline");
            };
            before = page.messages.first().map(|message| message.message_id);
            let texts = page.messages.into_iter().map(|message| message.text);
            lines.splice(0..0, texts);
            if !page.more {
                return lines;
            }
        }
    }
}
