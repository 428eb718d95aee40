//! Putting a node together and taking it apart.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

use crate::api::{Event, Notice};
use crate::crypto::channel::{ChannelName, ChannelRoot};
use crate::engine::{Config, Engine};
use crate::limits::{CARRIER_QUEUE_CAP, COMMAND_QUEUE_CAP};
use crate::store::{
    ConversationRow, IdentityRow, PeopleCopy, ProfileStore, SqliteProfile, StoreError,
    Transact as _,
};
use crate::types::ChannelKind;

use super::clock::Clock;
use super::disk::DiskWatch;
use super::driver::{Driver, Inlets, Keeper, State};
use super::events::Events;
use super::links::Carriers;
use super::profile::{NewVault, OpenKeys, ProfileFolder, unreadable};
use super::restore::Check;
use super::sealed::LastCopy;
use super::{EventStream, NodeConfig, NodeError, NodeHandle, entropy, memory, restore, wipe};

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
    make_profile(&folder, &new, name)?;
    start(config, folder, Some(new.keys))
}

/// Everything of a new profile, its vault last.
pub(super) fn make_profile(
    folder: &ProfileFolder,
    new: &NewVault,
    name: &str,
) -> Result<(), NodeError> {
    let mut store = folder.new_store(&new.keys)?;
    begin_profile(&mut store, name)?;
    if let Some(copy) = PeopleCopy::of(&store)? {
        let written = LastCopy::default().write(folder.path(), &new.keys.database_key, &copy);
        written.map_err(|error| unreadable(folder.path(), &error))?;
    }
    folder.finish(new)
}

/// A person that did not exist before, alone in the public channel.
pub(super) fn begin_profile(store: &mut SqliteProfile, name: &str) -> Result<(), StoreError> {
    store.begin()?;
    store.set_identity(&IdentityRow {
        seed: Zeroizing::new(entropy::draw()),
        card_secret: Zeroizing::new(entropy::draw()),
        name: name.to_owned(),
    })?;
    if let Some(row) = first_conversation() {
        store.add_conversation(&row)?;
    }
    store.commit()
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
    let mut keeper = Box::new(Files {
        clock,
        careful: config.careful,
        has_profile,
        folder,
        keys,
        check: Check::AtStart,
        restored: None,
        last_copy: LastCopy::default(),
    });
    let engine = keeper.build()?;
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
        keeper,
        carriers: Carriers::start(&config, carrier_in)?,
        disk: DiskWatch::new(config.profile.clone()),
        events: events.clone(),
        resolved: resolved_in,
        has_profile,
        folder: config.profile.clone(),
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

/// The files of one node; holds the profile folder as long as it lives.
struct Files {
    clock: Clock,
    careful: bool,
    /// Whether there is a profile, be it locked.
    has_profile: bool,
    folder: ProfileFolder,
    /// None for a relay, and while locked.
    keys: Option<OpenKeys>,
    /// How much is read when the profile is opened next.
    check: Check,
    /// What the person should know of a database that was begun anew in this run.
    restored: Option<Notice>,
    last_copy: LastCopy,
}

impl Files {
    fn open_profile(&mut self, keys: &OpenKeys) -> Result<Box<dyn ProfileStore + Send>, NodeError> {
        let opened = restore::open(&self.folder, keys, self.check)?;
        // Whoever opens it once more in one run has seen it fail.
        self.check = Check::Whole;
        if opened.notice.is_some() {
            self.restored = opened.notice;
        }
        Ok(Box::new(opened.store))
    }
}

impl Keeper for Files {
    fn build(&mut self) -> Result<Engine, NodeError> {
        let relay = Box::new(self.folder.relay_store()?);
        let profile = match self.keys.take() {
            Some(keys) => {
                let opened = self.open_profile(&keys);
                self.keys = Some(keys);
                Some(opened?)
            }
            None => None,
        };
        let config = Config {
            careful: self.careful,
            notices: self.notices(),
            ..Config::new(env!("CARGO_PKG_VERSION"))
        };
        let rng = Box::new(entropy::system());
        let is_locked = self.has_profile && profile.is_none();
        let built = Engine::new(self.clock.now(), config, rng, relay, profile);
        let mut engine = built.map_err(|error| NodeError::Start(error.to_string()))?;
        if is_locked {
            engine.begin_locked();
        }
        Ok(engine)
    }

    fn lock(&mut self) {
        self.keys = None;
        self.last_copy = LastCopy::default();
        // Closed in order, and opened by the person.
        self.check = Check::AtStart;
    }

    fn unlock(&mut self, keys: OpenKeys) -> Result<Box<dyn ProfileStore + Send>, NodeError> {
        let store = self.open_profile(&keys)?;
        self.keys = Some(keys);
        Ok(store)
    }

    fn keep_people(&mut self, copy: &PeopleCopy) -> std::io::Result<()> {
        let folder = self.folder.path();
        match &self.keys {
            Some(keys) if !wipe::is_begun(folder) => {
                self.last_copy.write(folder, &keys.database_key, copy)
            }
            _ => Ok(()),
        }
    }

    fn notices(&self) -> Vec<Notice> {
        let restored = self.restored.iter().cloned();
        restored.chain(memory::notices()).collect()
    }
}

/// The whole life of the engine's thread. A panic in it is our own fault, and the
/// app must hear of it all the same: it would wait for ever otherwise.
fn run(runtime: Runtime, mut driver: Driver, inlets: Inlets) {
    let (events, folder) = (driver.events.clone(), driver.folder.clone());
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
    let ended = std::panic::catch_unwind(life);
    if wipe::is_begun(&folder) {
        // Holding it finishes what was begun, now that nothing of it is open.
        let finished = ProfileFolder::hold(&folder).map(drop);
        _ = finished.inspect_err(|error| tracing::error!(%error, "a wipe is not finished"));
    }
    let error = match ended {
        Ok(ended) => ended.err().map(|error| error.to_string()),
        Err(_) => Some("Starling made a mistake and had to stop: start it again.".to_owned()),
    };
    events.push(Event::Stopped { error });
    events.close();
}

#[cfg(test)]
mod tests;
