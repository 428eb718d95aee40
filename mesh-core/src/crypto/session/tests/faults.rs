//! Two people under loss, delay of hours, duplicates, damage and restarts.
//!
//! `STARLING_SESSION_MESSAGES=4000` runs it longer than every build does.

use std::collections::BTreeSet;

use rand_core::Rng as _;

use super::*;

/// What may happen on the way.
#[derive(Debug, Clone, Copy)]
struct Weather {
    lost_percent: u64,
    delay_ms_max: u64,
    /// The longest run of messages of one person.
    burst: u64,
}

/// Number and data of a message.
type Said = (u32, Vec<u8>);

/// One envelope on its way.
struct Flight {
    due: Wall,
    to: usize,
    envelope: Vec<u8>,
    said: Said,
}

/// One person and what their node keeps.
struct Person {
    session: Session,
    /// As the engine keeps it, from changes alone.
    table: BTreeMap<Tag, Position>,
    /// Not for us when they came, as far as we knew.
    stored: Vec<(Vec<u8>, Said)>,
    opened: Vec<Vec<u8>>,
    /// One more than the highest number that came.
    heard: u32,
}

impl Person {
    fn new(session: Session) -> Self {
        Self {
            table: session.tags().collect(),
            session,
            stored: Vec::new(),
            opened: Vec::new(),
            heard: 0,
        }
    }

    fn apply(&mut self, changes: TagChanges) {
        for tag in changes.removed {
            assert!(self.table.remove(&tag).is_some());
        }
        for (tag, position) in changes.added {
            assert_eq!(self.table.insert(tag, position), None);
        }
        assert!(self.session.tags().eq(self.table.clone()));
    }

    /// As a node does it: what does not open is stored, and tried again when new tags
    /// are watched.
    fn take(&mut self, now: Wall, envelope: Vec<u8>, said: Said) {
        self.stored.push((envelope, said));
        while let Some(index) = self.stored.iter().position(|(envelope, _)| {
            let tag: Tag = envelope[16..32].try_into().unwrap();
            self.table.contains_key(&tag)
        }) {
            let (envelope, said) = self.stored.remove(index);
            let opening = self.session.open(now, &envelope).unwrap();
            assert_eq!((opening.seq(), opening.data()), (said.0, &said.1[..]));
            let changes = opening.commit();
            self.apply(changes);
            let acknowledged = u32::from_le_bytes(*said.1.first_chunk().unwrap());
            if let Some(seq) = acknowledged.checked_sub(1) {
                self.session.acknowledge(seq).unwrap();
            }
            self.heard = self.heard.max(said.0 + 1);
            self.opened.push(envelope);
        }
    }

    /// What was opened and what is damaged is refused, and nothing moves.
    fn refuses(&mut self, now: Wall, envelope: &[u8]) {
        let state = self.session.encode();
        assert_eq!(self.session.open(now, envelope).err(), Some(OpenError));
        assert_eq!(self.session.encode(), state);
    }

    fn restart(&mut self) {
        self.session = Session::decode(&self.session.encode()).unwrap();
        assert!(self.session.tags().eq(self.table.clone()));
    }
}

struct World {
    rng: SeededRng,
    weather: Weather,
    now: Wall,
    people: [Person; 2],
    flights: Vec<Flight>,
    /// Keys of every seal that was made, and every tag with its salt.
    used: BTreeSet<Vec<u8>>,
    delivered: usize,
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut rng = rng(seed);
        Self {
            people: pair(&mut rng).map(Person::new),
            rng,
            weather,
            now: NOW,
            flights: Vec::new(),
            used: BTreeSet::new(),
            delivered: 0,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    fn write(&mut self, from: usize) {
        let session = &mut self.people[from].session;
        if matches!(session.sending, Sending::Due { .. }) {
            session.begin_chain(&mut self.rng).unwrap();
        }
        let Sending::Chain { chain, .. } = &session.sending else {
            let early = session.seal(&mut self.rng, HEADER, 480, b"early");
            assert_eq!(early, Err(SealError::Unanswered));
            return;
        };
        let keys = chain.copy().step();
        let mut data = self.people[from].heard.to_le_bytes().to_vec();
        data.extend(self.rng.next_u64().to_le_bytes());
        let session = &mut self.people[from].session;
        let sealed = session.seal(&mut self.rng, HEADER, 480, &data).unwrap();
        let salt = &sealed.envelope[32..40];
        for used in [
            header_seal_key(&keys.header_key, salt).expose().to_vec(),
            body_key(&keys.message_key, salt).expose().to_vec(),
            sealed.envelope[16..40].to_vec(),
        ] {
            assert!(self.used.insert(used), "a key or a tag with its salt again");
        }
        let copies = [1, 1, 1, 2][self.below(4) as usize];
        for _ in 0..copies {
            let delay = self.below(self.weather.delay_ms_max + 1);
            let flight = Flight {
                due: self.now.plus_ms(delay),
                to: 1 - from,
                envelope: sealed.envelope.clone(),
                said: (sealed.seq, data.clone()),
            };
            if self.below(100) >= self.weather.lost_percent {
                self.flights.push(flight);
            }
        }
    }

    fn deliver_due(&mut self) {
        self.flights.sort_by_key(|flight| flight.due);
        while self.flights.first().is_some_and(|it| it.due <= self.now) {
            let flight = self.flights.remove(0);
            let bit = self.below(8 * 480) as usize;
            let is_restarted = self.below(20) == 0;
            let person = &mut self.people[flight.to];
            let mut damaged = flight.envelope.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            person.refuses(flight.due, &damaged);
            let is_known = |(stored, _): &(Vec<u8>, _)| *stored == flight.envelope;
            if person.opened.contains(&flight.envelope) {
                person.refuses(flight.due, &flight.envelope);
            } else if !person.stored.iter().any(is_known) {
                person.take(flight.due, flight.envelope, flight.said);
                self.delivered += 1;
            }
            if is_restarted {
                person.restart();
            }
        }
    }

    /// Everybody writes in bursts until so many messages were written; then what is on
    /// the way arrives.
    fn run(&mut self, messages: u64) {
        let mut written = 0;
        while written < messages {
            let from = self.below(2) as usize;
            let burst = 1 + self.below(self.weather.burst);
            for _ in 0..burst {
                self.write(from);
                self.now = self.now.plus_ms(1_000);
            }
            written += burst;
            let pause = self.below(60_000);
            self.now = self.now.plus_ms(pause);
            self.deliver_due();
        }
        self.now = self.now.plus_ms(self.weather.delay_ms_max);
        self.deliver_due();
    }
}

fn under(seed: u64, weather: Weather) {
    let messages = std::env::var("STARLING_SESSION_MESSAGES");
    let messages = messages.map_or(300, |count| count.parse().unwrap());
    let mut world = World::new(seed, weather);
    world.run(messages);
    let missed: usize = world.people.iter().map(|it| it.stored.len()).sum();
    let rounds = world.people[0].session.rounds();
    println!(
        "seed {seed}, {weather:?}: {} delivered in {rounds} rounds",
        world.delivered
    );
    assert_eq!(missed, 0, "seed {seed}");
    assert!(world.delivered > 0 && rounds > 0, "seed {seed}");
}

#[test]
fn all_that_arrives_opens_once_in_good_weather() {
    let weather = Weather {
        lost_percent: 0,
        delay_ms_max: 0,
        burst: 3,
    };
    under(40, weather);
}

#[test]
fn all_that_arrives_opens_once_when_minutes_late_and_a_tenth_is_lost() {
    let weather = Weather {
        lost_percent: 10,
        delay_ms_max: 10 * 60_000,
        burst: 10,
    };
    under(41, weather);
}

#[test]
fn all_that_arrives_opens_once_when_hours_late_and_half_is_lost() {
    let weather = Weather {
        lost_percent: 50,
        delay_ms_max: 6 * 3_600_000,
        burst: 40,
    };
    under(42, weather);
}

/// Longer than a window: found again by its anchors.
#[test]
fn all_that_arrives_opens_once_in_bursts_of_hundreds() {
    let weather = Weather {
        lost_percent: 30,
        delay_ms_max: 3_600_000,
        burst: 200,
    };
    under(43, weather);
}
