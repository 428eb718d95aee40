//! A store that fails under a running node: what was asked is refused, and the
//! node goes on from the last commit.

#![cfg(feature = "testing")]

use super::*;
use crate::api::{Answer, Query};
use crate::crypto::channel::ChannelName;
use crate::engine::Config;
use crate::node::commands::public;
use crate::store::{FaultStore, MemoryProfile, MemoryRelay, SqliteProfile, SqliteRelay};
use crate::testing::boxed_rng;

/// Building an engine writes four times; the next write is the request's.
const FIRST_WRITE_OF_A_REQUEST: u64 = 5;

/// Builds engines as told; has nothing to lock.
struct Builder<F>(F);

impl<F: FnMut() -> Result<Engine, NodeError> + Send> Keeper for Builder<F> {
    fn build(&mut self) -> Result<Engine, NodeError> {
        (self.0)()
    }

    fn lock(&mut self) {}

    fn unlock(&mut self, _keys: OpenKeys) -> Result<Box<dyn ProfileStore + Send>, NodeError> {
        Ok(Box::new(MemoryProfile::new()))
    }

    fn keep_people(&mut self, _copy: &PeopleCopy) -> std::io::Result<()> {
        Ok(())
    }

    fn notices(&self) -> Vec<Notice> {
        Vec::new()
    }
}

/// A driver without carriers whose first `failing` engines break at their first request.
fn driver(failing: usize) -> Driver {
    let clock = Clock::start();
    let mut built = 0;
    let mut keeper = Box::new(Builder(move || {
        built += 1;
        let fail_at = if built <= failing {
            FIRST_WRITE_OF_A_REQUEST
        } else {
            0
        };
        let profile = Box::new(FaultStore::new(MemoryProfile::new(), fail_at));
        let relay = Box::new(MemoryRelay::new());
        Engine::new(
            clock.now(),
            Config::new("test"),
            boxed_rng(1),
            relay,
            Some(profile),
        )
        .map_err(|error| NodeError::Start(error.to_string()))
    }));
    let (resolved, _) = mpsc::channel(1);
    Driver {
        clock,
        engine: Some(keeper.build().unwrap()),
        keeper,
        carriers: Carriers::none(),
        disk: DiskWatch::new("/".into()),
        events: Events::default(),
        resolved,
        has_profile: true,
        folder: "/".into(),
        state: State::default(),
    }
}

fn join(number: u64) -> Vec<Input> {
    let name = ChannelName::parse("nearby").unwrap();
    vec![Input::Request(RequestId(number), public(&name))]
}

fn answer(driver: &Driver, number: u64) -> Result<Answer, CommandError> {
    std::iter::from_fn(|| driver.events.try_pop())
        .find_map(|event| match event {
            Event::Answer { request, result } if request == RequestId(number) => Some(result),
            _ => None,
        })
        .unwrap()
}

#[test]
fn a_failed_write_refuses_the_request_and_the_next_one_works() {
    let mut driver = driver(1);
    driver.handle(join(1)).unwrap();
    assert!(matches!(answer(&driver, 1), Err(CommandError::Store(_))));
    driver.handle(join(2)).unwrap();
    assert!(matches!(answer(&driver, 2), Ok(Answer::Joined { .. })));
    let ask = Request::Query(Query::Conversations);
    driver
        .handle(vec![Input::Request(RequestId(3), ask)])
        .unwrap();
    let listed = answer(&driver, 3);
    assert!(matches!(listed, Ok(Answer::Conversations(list)) if list.len() == 1));
}

#[test]
fn databases_on_disk_are_closed_before_they_are_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut driver = driver(0);
    let (clock, path) = (driver.clock, folder.path().to_owned());
    let mut built = 0;
    driver.keeper = Box::new(Builder(move || {
        built += 1;
        let fail_at = if built == 1 {
            FIRST_WRITE_OF_A_REQUEST
        } else {
            0
        };
        let profile = SqliteProfile::open(&path.join("profile.db"), &[1; 32])?;
        let profile = Box::new(FaultStore::new(profile, fail_at));
        let relay = Box::new(SqliteRelay::open(&path.join("relay.db"), &[2; 32])?);
        Engine::new(
            clock.now(),
            Config::new("test"),
            boxed_rng(1),
            relay,
            Some(profile),
        )
        .map_err(|error| NodeError::Start(error.to_string()))
    }));
    driver.engine = Some(driver.keeper.build().unwrap());
    driver.handle(join(1)).unwrap();
    assert!(matches!(answer(&driver, 1), Err(CommandError::Store(_))));
    driver.handle(join(2)).unwrap();
    assert!(matches!(answer(&driver, 2), Ok(Answer::Joined { .. })));
}

#[test]
fn a_store_that_fails_again_and_again_stops_the_node() {
    let mut driver = driver(usize::MAX);
    let failed = (1..).find(|number| driver.handle(join(*number)).is_err());
    assert_eq!(failed, Some(REBUILDS_MAX as u64 + 1));
}

#[test]
fn one_transaction_takes_a_bounded_part_of_what_waits() {
    let waiting = 2 * BATCH_INPUTS_MAX;
    let (carrier_in, carriers) = mpsc::channel(waiting);
    for number in 0..waiting as u64 {
        let event = TransportEvent::Sent {
            link: LinkId(number),
            bytes: 1,
        };
        carrier_in.try_send(event).unwrap();
    }
    let mut inlets = Inlets {
        commands: mpsc::channel(1).1,
        resolved: mpsc::channel(1).1,
        carriers,
        stop: watch::channel(false).1,
    };
    let inputs = driver(0).batch(Woken::Timeout, &mut inlets);
    assert_eq!(inputs.len(), BATCH_INPUTS_MAX);
    assert_eq!(inlets.carriers.len(), waiting - BATCH_INPUTS_MAX);
}
