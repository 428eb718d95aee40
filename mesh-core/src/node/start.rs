//! Putting a node together and taking it apart.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

use crate::api::Event;
use crate::crypto::channel::{ChannelName, ChannelRoot};
use crate::engine::{Config, Engine};
use crate::limits::{CARRIER_QUEUE_CAP, COMMAND_QUEUE_CAP};
use crate::store::{ConversationRow, IdentityRow, ProfileStore, Transact as _};
use crate::types::ChannelKind;

use super::clock::Clock;
use super::disk::DiskWatch;
use super::driver::{Build, Driver, Inlets, State};
use super::events::Events;
use super::links::Carriers;
use super::profile::{OpenKeys, ProfileFolder};
use super::{EventStream, NodeConfig, NodeError, NodeHandle, entropy};

/// The public channel that a new profile is in.
const FIRST_CHANNEL: &str = "nearby";
/// Carriers get this long to say goodbye to the system.
const RUNTIME_GRACE: std::time::Duration = std::time::Duration::from_secs(1);

type Started = Result<(NodeHandle, EventStream), NodeError>;

/// The vault is written last: until then the folder counts as empty, so that no
/// profile is ever found half made.
pub(super) fn created(config: NodeConfig, name: &str, passphrase: &str) -> Started {
    let folder = ProfileFolder::hold(&config.profile)?;
    let new = folder.create(passphrase, config.kdf)?;
    let mut store = folder.profile_store(&new.keys)?;
    store.begin()?;
    store.set_identity(&IdentityRow {
        seed: Zeroizing::new(entropy::draw()),
        card_secret: Zeroizing::new(entropy::draw()),
        name: name.to_owned(),
    })?;
    if let Some(row) = first_conversation() {
        store.add_conversation(&row)?;
    }
    store.commit()?;
    drop(store);
    folder.finish(&new)?;
    start(config, folder, Some(new.keys))
}

/// Everyone is in the public channel of those nearby, until they leave it.
fn first_conversation() -> Option<ConversationRow> {
    let name = ChannelName::parse(FIRST_CHANNEL)?;
    let root = ChannelRoot::public(&name);
    Some(ConversationRow {
        conversation: root.conversation(),
        kind: ChannelKind::Public,
        root: root.to_bytes(),
        words: name.as_str().to_owned(),
        pseudonym_seed: entropy::draw(),
        joined_at: Clock::start().now().wall,
    })
}

pub(super) fn unlocked(config: NodeConfig, passphrase: &str) -> Started {
    let folder = ProfileFolder::hold(&config.profile)?;
    let keys = folder.unlock(passphrase)?;
    start(config, folder, Some(keys))
}

pub(super) fn relaying(config: NodeConfig) -> Started {
    let folder = ProfileFolder::hold(&config.profile)?;
    start(config, folder, None)
}

fn start(config: NodeConfig, folder: ProfileFolder, keys: Option<OpenKeys>) -> Started {
    let clock = Clock::start();
    let has_profile = keys.is_some();
    let mut build = engine_builder(clock, config.careful, folder, keys);
    let engine = build()?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("node")
        .enable_all()
        .build()
        .map_err(|error| NodeError::Start(error.to_string()))?;
    let (command_in, commands) = mpsc::channel(COMMAND_QUEUE_CAP);
    let (resolved_in, resolved) = mpsc::channel(COMMAND_QUEUE_CAP);
    let (carrier_in, carriers) = mpsc::channel(CARRIER_QUEUE_CAP);
    let (stop_in, stop) = watch::channel(false);
    let events = Events::default();
    let driver = Driver {
        clock,
        engine: Some(engine),
        build,
        carriers: Carriers::start(&config, carrier_in)?,
        disk: DiskWatch::new(config.profile.clone()),
        events: events.clone(),
        resolved: resolved_in,
        has_profile,
        state: State::default(),
    };
    let inlets = Inlets {
        commands,
        resolved,
        carriers,
        stop,
    };
    std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || run(runtime, driver, inlets))
        .map_err(|error| NodeError::Start(error.to_string()))?;
    let handle = NodeHandle {
        commands: command_in,
        stop: Arc::new(stop_in),
        events: events.clone(),
        requests: Arc::new(AtomicU64::new(1)),
    };
    Ok((handle, EventStream { events }))
}

/// Opens the stores and builds the engine, as often as it is asked. Holds the
/// profile folder as long as it lives.
fn engine_builder(
    clock: Clock,
    careful: bool,
    folder: ProfileFolder,
    keys: Option<OpenKeys>,
) -> Build {
    Box::new(move || {
        let relay = Box::new(folder.relay_store()?);
        let profile = match &keys {
            Some(keys) => {
                let store: Box<dyn ProfileStore + Send> = Box::new(folder.profile_store(keys)?);
                Some(store)
            }
            None => None,
        };
        let config = Config {
            careful,
            ..Config::new(env!("CARGO_PKG_VERSION"))
        };
        let rng = Box::new(entropy::system());
        Engine::new(clock.now(), config, rng, relay, profile)
            .map_err(|error| NodeError::Start(error.to_string()))
    })
}

/// The whole life of the engine's thread. A panic in it is our own fault, and the
/// app must hear of it all the same: it would wait for ever otherwise.
fn run(runtime: Runtime, mut driver: Driver, inlets: Inlets) {
    let events = driver.events.clone();
    let life = std::panic::AssertUnwindSafe(move || {
        let ended = runtime.block_on(async {
            let ended = driver.run(inlets).await;
            driver.carriers.shutdown().await;
            ended
        });
        // Stores are closed and the profile is free before anybody is told.
        drop(driver);
        runtime.shutdown_timeout(RUNTIME_GRACE);
        ended
    });
    let error = match std::panic::catch_unwind(life) {
        Ok(ended) => ended.err().map(|error| error.to_string()),
        Err(_) => Some("Starling made a mistake and had to stop: start it again.".to_owned()),
    };
    events.push(Event::Stopped { error });
    events.close();
}
