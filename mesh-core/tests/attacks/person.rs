//! Real nodes on real sockets, in a process or a namespace of their own.

use std::net::SocketAddr;
use std::process::Command as Program;
use std::time::Duration;

use mesh_core::api::{Answer, ChannelSpec, Command, Event};
use mesh_core::node::{EventStream, KdfCost, Node, NodeConfig, NodeHandle};
use mesh_core::redact::Redacted;
use mesh_core::types::{ConversationId, MessageClass, RequestId};
use tokio::time::timeout;

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
const INSIDE: &str = "STARLING_TEST_APART";

/// Whether this process runs this test alone, so that what it measures is its own. If
/// not, it is run once more in a process of its own, and its outcome is taken over.
pub(crate) fn is_apart(test: &str) -> bool {
    std::env::var_os(INSIDE).is_some() || {
        let alone = Program::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(INSIDE, "1")
            .status();
        assert!(alone.unwrap().success(), "failed in a process of its own");
        false
    }
}

/// The same in a network namespace with `lo` and one end of a cable, `wifi`, at
/// 10.9.0.1. Where those may not be made it says so, and the test is over.
pub(crate) fn is_on_own_network(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let network = "ip link set lo up && ip link add wifi type veth peer name far && \
                   ip link set far up && ip link set wifi up && \
                   ip address add 10.9.0.1/24 brd + dev wifi";
    let inside = |script: &str| {
        let mut program = Program::new("unshare");
        program.args([
            "--user",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            script,
            "sh",
        ]);
        program
    };
    if !inside(network)
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("skipped: network namespaces may not be made here");
        return false;
    }
    let status = inside(&format!("{network} && exec \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status();
    assert!(status.unwrap().success(), "failed inside the namespace");
    false
}

/// What this process holds in memory, KiB.
pub(crate) fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

/// A person at a node.
pub(crate) struct Person {
    pub(crate) node: NodeHandle,
    events: EventStream,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) links: usize,
    texts: Vec<String>,
    place: Option<ConversationId>,
}

/// On loopback, any port, without discovery.
pub(crate) fn quiet(profile: std::path::PathBuf) -> NodeConfig {
    NodeConfig {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        discovery: false,
        kdf: KdfCost::Floor,
        ..NodeConfig::new(profile)
    }
}

impl Person {
    /// Opens the profile, or creates it where there is none.
    pub(crate) async fn start(config: NodeConfig, name: &str) -> Self {
        let passphrase = "six words for a test";
        let (node, events) = if config.profile.exists() {
            Node::unlock(config, passphrase).unwrap()
        } else {
            Node::create(config, name, passphrase).unwrap()
        };
        let mut person = Self {
            node,
            events,
            listen: Vec::new(),
            links: 0,
            texts: Vec::new(),
            place: None,
        };
        person
            .until("ready", |person| !person.listen.is_empty())
            .await;
        let name = Redacted("nearby".to_owned());
        let channel = ChannelSpec::Public { name };
        let joined = person.ask(|request| Command::Join { request, channel });
        let Answer::Joined { conversation } = joined.await else {
            panic!("not joined");
        };
        person.place = Some(conversation);
        person
    }

    pub(crate) async fn ask(&mut self, command: impl FnOnce(RequestId) -> Command) -> Answer {
        let asked = self.node.fresh_request();
        self.node.send(command(asked)).unwrap();
        let answered = async {
            loop {
                let event = self.events.next().await.unwrap();
                if let Event::Answer { request, result } = &event
                    && *request == asked
                {
                    return result.clone().unwrap();
                }
                self.apply(event);
            }
        };
        timeout(DEADLINE, answered).await.unwrap()
    }

    pub(crate) async fn dial(&mut self, address: SocketAddr) {
        let address = Redacted(address.to_string());
        self.ask(|request| Command::Dial { request, address }).await;
    }

    /// Writes into the public channel of all nearby.
    pub(crate) async fn write(&mut self, text: &str) {
        let (conversation, text) = (self.place.unwrap(), Redacted(text.to_owned()));
        self.ask(|request| Command::Send {
            request,
            conversation,
            text,
            class: MessageClass::Text,
            lifetime: None,
            reply_to: None,
            mentions: Vec::new(),
        })
        .await;
    }

    pub(crate) async fn read(&mut self, text: &str) {
        self.until(text, |person| person.texts.iter().any(|read| read == text))
            .await;
    }

    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let held = async {
            while !holds(self) {
                let event = self.events.next().await.unwrap();
                self.apply(event);
            }
        };
        timeout(DEADLINE, held)
            .await
            .unwrap_or_else(|_| panic!("not in time: {what}"));
    }

    pub(crate) async fn stop(mut self) {
        self.node.shutdown();
        let ended = async { while self.events.next().await.is_some() {} };
        timeout(DEADLINE, ended).await.unwrap();
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Ready { listen } | Event::Listening { listen } => {
                self.listen = listen.iter().map(|text| text.parse().unwrap()).collect();
            }
            Event::LinkUp(_) => self.links += 1,
            Event::LinkDown { .. } => self.links -= 1,
            Event::MessageReceived(message) => self.texts.push(message.text),
            _ => {}
        }
    }
}
