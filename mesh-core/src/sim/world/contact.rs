//! Who has links with whom: calls, links that come up, break and are given up.

use crate::engine::Input;
use crate::gossip::neighbours::Decision;
use crate::sim::adversary::Adversary;
use crate::sim::links::Stage;
use crate::types::{LinkId, LinkInfo, Mono};

use super::{Event, World};

/// On a network, links that are gone are called for again this often.
const REDIAL_MS: u64 = 5_000;
/// A host looks around this often.
const LOOK_MS: u64 = 1_000;

impl World {
    /// Radios: everybody stands somewhere and looks around now and then.
    pub(super) fn begin_looking(&mut self) {
        self.place();
        if self.crowd.moves() {
            self.wheel.put(1_000, Event::Second);
        }
        for host in 0..self.hosts.len() as u32 {
            let at = self.chance.below(LOOK_MS);
            self.wheel.put(at, Event::Look { host });
        }
    }

    /// A network: a random graph in which everybody has about as many links. Rings
    /// in random order, laid over each other, are connected for certain.
    pub(super) fn begin_linked(&mut self) {
        let people = self.spec.nodes as u32;
        let mut order: Vec<u32> = (0..people).collect();
        for _ in 0..self.spec.medium.degree.div_ceil(2).max(1) {
            self.chance.shuffle(&mut order);
            let next = order.iter().skip(1).chain(order.first());
            let pairs: Vec<(u32, u32)> = order.iter().copied().zip(next.copied()).collect();
            self.graph.extend(pairs);
        }
        // Enemies come on top: promises hold for those whom honest links join. Whoever
        // wants to cut somebody off goes for one alone.
        for (number, kind) in (people..).zip(self.spec.adversaries.clone()) {
            let links = match kind {
                Adversary::Eclipser => 1,
                _ => self.spec.medium.degree,
            };
            for _ in 0..links {
                let victim = self.chance.below(u64::from(people)) as u32;
                self.graph.push((number, victim));
            }
        }
        self.redial();
    }

    /// Calls for the links of the graph that do not stand.
    pub(super) fn redial(&mut self) {
        for at in 0.. {
            let Some((from, to)) = self.graph.get(at).copied() else {
                break;
            };
            if from != to && self.links.between(from, to).is_none() {
                self.start_call(from, to);
            }
        }
        self.wheel.put(self.wheel.now() + REDIAL_MS, Event::Redial);
    }

    /// Everybody is where the crowd says; links that are too long break.
    fn place(&mut self) {
        self.ground.put_all(self.crowd.places());
        for host in 0..self.hosts.len() as u32 {
            let square = self.ground.square(self.ground.place(host));
            self.waves.put(host, square);
        }
        let is_broken = |ends: [u32; 2]| {
            let [one, other] = ends;
            !self.ground.are_near(one, other)
        };
        let broken: Vec<LinkId> = self
            .links
            .live()
            .filter(|(_, link)| link.stage == Stage::Up && is_broken(link.ends))
            .map(|(id, _)| id)
            .collect();
        for link in broken {
            self.break_link(link);
        }
    }

    pub(super) fn second(&mut self) {
        let now = self.wheel.now();
        self.crowd.step(now / 1_000, &mut self.chance);
        self.place();
        self.wheel.put(now + 1_000, Event::Second);
    }

    /// A host hears who is near, and its rule says whom to call and whom to leave.
    pub(super) fn look(&mut self, host: u32) {
        let now = self.wheel.now();
        self.wheel.put(now + LOOK_MS, Event::Look { host });
        if self.is_silent(host) {
            return;
        }
        let mono = Mono(now);
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        let Some(node) = &state.node else {
            return;
        };
        for (link, other) in self.links.of(host) {
            state.neighbours.moved(mono, *other, node.moved(*link));
        }
        if !state.neighbours.is_looking(mono) {
            return;
        }
        for other in self.ground.near(host) {
            let is_up = self
                .hosts
                .get(other as usize)
                .is_some_and(|h| h.node.is_some());
            if is_up && !self.is_silent(other) {
                let has_room = self.has_room(other);
                if let Some(state) = self.hosts.get_mut(host as usize) {
                    state.neighbours.heard(mono, other, has_room);
                }
            }
        }
        let Some(state) = self.hosts.get_mut(host as usize) else {
            return;
        };
        for decision in state.neighbours.decide(mono, &mut state.chance) {
            match decision {
                Decision::Connect(other) => self.start_call(host, other),
                Decision::Disconnect(other) => {
                    if let Some(link) = self.links.between(host, other) {
                        self.close(host, link);
                    }
                }
            }
        }
    }

    fn has_room(&self, host: u32) -> bool {
        self.spec.medium.range_m.is_none() || self.links.of(host).len() < self.spec.links_max
    }

    fn start_call(&mut self, from: u32, to: u32) {
        let is_free = self.links.between(from, to).is_none();
        if !is_free || !self.has_room(from) || !self.has_room(to) {
            self.call_failed(from, to);
            return;
        }
        let link = self.links.add(from, to, Stage::Calling);
        let at = self.wheel.now() + self.waves.set_up_ms();
        self.wheel.put(at, Event::SetUp { link });
    }

    fn call_failed(&mut self, from: u32, to: u32) {
        self.tally.calls_failed += 1;
        let now = Mono(self.wheel.now());
        if let Some(state) = self.hosts.get_mut(from as usize) {
            state.neighbours.call_failed(now, &mut state.chance, to);
        }
    }

    /// A call has had its time: both ends are still there, or it fails.
    pub(super) fn set_up(&mut self, link: LinkId) {
        let Some(called) = self.links.get(link).copied() else {
            return;
        };
        let [from, to] = called.ends;
        let is_up = |host: u32| {
            self.hosts
                .get(host as usize)
                .is_some_and(|h| h.node.is_some())
        };
        let in_range = self.spec.medium.range_m.is_none() || self.ground.are_near(from, to);
        let is_silent = self.is_silent(from) || self.is_silent(to);
        if !is_up(from) || !is_up(to) || !in_range || is_silent {
            self.links.cut(link);
            self.links.leave(from, link);
            self.links.leave(to, link);
            self.call_failed(from, to);
            return;
        }
        self.links.set_up(link);
        self.waves.join(link, called.ends);
        self.tally.links += 1;
        let now = Mono(self.wheel.now());
        for (host, other) in [(from, to), (to, from)] {
            let info = LinkInfo {
                kind: self.spec.medium.kind,
                outbound: host == from,
                shape: self.spec.medium.shape,
                address: None,
            };
            if let Some(state) = self.host_mut(host) {
                state.neighbours.linked(now, other);
            }
            self.give(host, Input::LinkUp { link, info });
        }
    }

    /// One end closes a link: the other learns of it a little later.
    pub(super) fn close(&mut self, host: u32, link: LinkId) {
        let Some(cut) = self.links.cut(link) else {
            return;
        };
        self.waves.forget(link, cut.ends);
        self.gone(host, link);
        let delay_ms = self.spec.medium.delay_ms;
        let at = self.wheel.now() + delay_ms;
        let host = cut.other(host);
        self.wheel.put(at, Event::Gone { host, link });
    }

    /// Both ends are out of reach, and learn of it when nothing comes any more.
    pub(super) fn break_link(&mut self, link: LinkId) {
        let Some(cut) = self.links.cut(link) else {
            return;
        };
        self.waves.forget(link, cut.ends);
        for host in cut.ends {
            let at = self.wheel.now() + self.waves.notice_ms();
            self.wheel.put(at, Event::Gone { host, link });
        }
    }

    /// An end knows now that a link is gone.
    pub(super) fn gone(&mut self, host: u32, link: LinkId) {
        let Some(other) = self.links.leave(host, link) else {
            return;
        };
        let now = Mono(self.wheel.now());
        if let Some(state) = self.hosts.get_mut(host as usize) {
            if let Some(node) = &state.node {
                let moved = node.moved(link);
                state.neighbours.moved(now, other, moved);
            }
            state.neighbours.unlinked(now, other);
        }
        self.give(host, Input::LinkDown { link });
    }

    /// A host went down: it forgets its links, and the others find out.
    pub(super) fn drop_links(&mut self, host: u32) {
        let links: Vec<LinkId> = self.links.of(host).iter().map(|(link, _)| *link).collect();
        for link in links {
            self.links.leave(host, link);
            if let Some(cut) = self.links.cut(link) {
                self.waves.forget(link, cut.ends);
                let at = self.wheel.now() + self.waves.notice_ms();
                let host = cut.other(host);
                self.wheel.put(at, Event::Gone { host, link });
            }
        }
    }
}
