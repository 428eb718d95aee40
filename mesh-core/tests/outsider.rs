//! Somebody without the phrase, with a modified client, on the same network.
//!
//! A real node on a real socket with a real database; the outsider is our own LAN
//! carrier under a hand-written client that speaks raw frames. It takes part as a
//! relay does, sees every sealed byte, and may send whatever it likes. It must
//! read nothing and put no line into the channel.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use std::net::SocketAddr;
use std::time::Duration;

use mesh_core::api::{Answer, ChannelSpec, Command, Event, Query};
use mesh_core::crypto::channel::{ChannelRoot, Phrase, Pseudonym};
use mesh_core::crypto::seal::{PostSeal, seal_post};
use mesh_core::link::{FrameReader, put_frame};
use mesh_core::node::{EventStream, KdfCost, Node, NodeConfig, NodeHandle};
use mesh_core::redact::Redacted;
use mesh_core::transport::lan::{LanCarrier, LanConfig, LanHandle};
use mesh_core::transport::{LinkIds, TransportCommand, TransportEvent};
use mesh_core::types::{ConversationId, LinkId, Message, MessageClass, MessageId, RequestId, Wall};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::frame::{Hello, Record, decode_frame, encode_record};
use mesh_core::wire::inner::{Inner, TextPart};
use tokio::sync::mpsc;

const DEADLINE: Duration = Duration::from_secs(30);
const CANARY: &str = "meet at the north gate at nine";

struct Person {
    node: NodeHandle,
    events: EventStream,
    listen: SocketAddr,
}

impl Person {
    async fn start(folder: &std::path::Path, name: &str) -> Self {
        let config = NodeConfig {
            profile: folder.join(name),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            dial: Vec::new(),
            careful: false,
            discovery: false,
            kdf: KdfCost::Floor,
        };
        let (node, mut events) = Node::create(config, name, "six words for a test").unwrap();
        let ready = async {
            loop {
                if let Event::Ready { listen } = events.next().await.unwrap() {
                    return listen[0].parse().unwrap();
                }
            }
        };
        let listen = tokio::time::timeout(DEADLINE, ready).await.unwrap();
        Self {
            node,
            events,
            listen,
        }
    }

    async fn ask(&mut self, command: impl FnOnce(RequestId) -> Command) -> Answer {
        let asked = self.node.fresh_request();
        self.node.send(command(asked)).unwrap();
        let answered = async {
            loop {
                match self.events.next().await.unwrap() {
                    Event::Answer { request, result } if request == asked => {
                        return result.unwrap();
                    }
                    _ => {}
                }
            }
        };
        tokio::time::timeout(DEADLINE, answered).await.unwrap()
    }

    async fn timeline(&mut self, conversation: ConversationId) -> Vec<Message> {
        let query = Query::Timeline {
            conversation,
            before: None,
            limit: 200,
        };
        match self.ask(|request| Command::Query { request, query }).await {
            Answer::Timeline(page) => page.messages,
            other => panic!("{other:?}"),
        }
    }
}

/// The modified client.
struct Outsider {
    lan: LanHandle,
    events: mpsc::Receiver<TransportEvent>,
    link: LinkId,
    reader: FrameReader,
    heard: Vec<u8>,
    captured: Vec<Envelope>,
    is_up: bool,
}

impl Outsider {
    async fn join(address: SocketAddr) -> Self {
        let (events_in, mut events) = mpsc::channel(1_024);
        let config = LanConfig {
            listen: Vec::new(),
            dial: vec![address],
            discovery: false,
            secret: [0; 32],
        };
        let lan = LanCarrier::start(config, LinkIds::default(), events_in).unwrap();
        let up = async {
            loop {
                if let TransportEvent::LinkUp { link, .. } = events.recv().await.unwrap() {
                    return link;
                }
            }
        };
        let link = tokio::time::timeout(DEADLINE, up).await.unwrap();
        let outsider = Self {
            lan,
            events,
            link,
            reader: FrameReader::default(),
            heard: Vec::new(),
            captured: Vec::new(),
            is_up: true,
        };
        let random = [0x11; 32];
        // Who says to hold nothing is fed everything.
        let hello = Hello {
            frame_bytes_max: 16_384,
            random,
            clock_quarters: 0,
            held_log2: [0; 4],
        };
        outsider.say(&[Record::Hello(hello)]);
        outsider
    }

    fn say(&self, records: &[Record]) {
        let mut frame = Vec::new();
        records
            .iter()
            .for_each(|record| encode_record(&mut frame, record));
        let mut bytes = Vec::new();
        put_frame(&mut bytes, &frame);
        let _ = self.lan.command(TransportCommand::Transmit {
            link: self.link,
            bytes,
        });
    }

    /// Takes whatever is offered until `count` envelopes were captured.
    async fn capture(&mut self, count: usize) {
        let captured = async {
            while self.captured.len() < count {
                self.step().await;
            }
        };
        tokio::time::timeout(DEADLINE, captured).await.unwrap();
    }

    async fn step(&mut self) {
        match self.events.recv().await.unwrap() {
            TransportEvent::Received { bytes, .. } => {
                self.heard.extend_from_slice(&bytes);
                for frame in self.reader.read(&bytes).unwrap() {
                    for record in decode_frame(&frame).unwrap() {
                        match record {
                            Record::Offer { ids, .. } => self.say(&[Record::Want(ids)]),
                            Record::Push(envelope) => self.captured.push(envelope),
                            _ => {}
                        }
                    }
                }
            }
            TransportEvent::LinkDown { .. } => self.is_up = false,
            _ => {}
        }
    }

    /// Offers an envelope and serves it when asked.
    async fn plant(&mut self, envelope: Envelope) {
        let (id, class) = (envelope.id(), envelope.header().class);
        self.say(&[Record::Offer {
            class,
            ids: vec![id],
        }]);
        let planted = async {
            while self.is_up {
                let TransportEvent::Received { bytes, .. } = self.events.recv().await.unwrap()
                else {
                    continue;
                };
                for frame in self.reader.read(&bytes).unwrap() {
                    for record in decode_frame(&frame).unwrap() {
                        match record {
                            Record::Want(ids) if ids.contains(&id) => {
                                self.say(&[Record::Push(envelope.clone())]);
                            }
                            Record::Took(_) => return,
                            _ => {}
                        }
                    }
                }
            }
        };
        tokio::time::timeout(DEADLINE, planted).await.unwrap();
    }
}

/// What can be made of a captured envelope without the key: its clear part with
/// another body, a flipped bit, another expiry, and a body sealed by a stranger.
fn forgeries(captured: &Envelope) -> Vec<Envelope> {
    let mut altered = Vec::new();
    for index in [4, 16, 32, 56, 100, 470] {
        let mut bytes = captured.as_bytes().to_vec();
        bytes[index] ^= 1;
        altered.push(bytes);
    }
    let strangers = ChannelRoot::from_bytes([0x66; 32]).day(Wall(0).day());
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: b"all clear, go home".to_vec(),
    };
    let inner = Inner::text(MessageId([6; 16]), Wall(0), "Ana", &part);
    let header = Header {
        class: Class::Text,
        expiry: captured.header().expiry,
    };
    let pseudonym = Pseudonym::from_seed(&[6; 32]);
    let seal = PostSeal {
        day: &strangers,
        pseudonym: &pseudonym,
        header: header.encode(),
        slot: 0,
        nonce: [6; 24],
        envelope_bytes: captured.as_bytes().len(),
    };
    let mut sealed = seal_post(&seal, &inner).unwrap();
    sealed[16..32].copy_from_slice(&captured.tag());
    altered.push(sealed);
    altered
        .into_iter()
        .map(|bytes| Envelope::parse(bytes).unwrap())
        .collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// No word, no name, no key in any byte that went over the air to it.
fn assert_reads_nothing(outsider: &Outsider, phrase: &str) {
    let root = ChannelRoot::from_phrase(&Phrase::parse(phrase).unwrap()).unwrap();
    for secret in [CANARY.as_bytes(), b"Ana", b"canvas", &root.to_bytes()] {
        assert!(
            !contains(&outsider.heard, secret),
            "{secret:?} in clear on the air"
        );
    }
    let sizes: Vec<usize> = outsider
        .captured
        .iter()
        .map(|envelope| envelope.as_bytes().len())
        .collect();
    assert_eq!(sizes, [480; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn outsider_reads_nothing_and_puts_no_line_into_the_channel() {
    let folder = tempfile::tempdir().unwrap();
    let mut ana = Person::start(folder.path(), "Ana").await;
    let phrase = "canvas orbit lemon shadow picnic velvet";
    let Answer::Joined { conversation } = ana
        .ask(|request| Command::Join {
            request,
            channel: ChannelSpec::Phrase {
                phrase: Redacted(phrase.into()),
            },
        })
        .await
    else {
        panic!("not joined")
    };
    let mut outsider = Outsider::join(ana.listen).await;
    for _ in 0..3 {
        let text = Redacted(CANARY.to_owned());
        ana.ask(|request| Command::Send {
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
    outsider.capture(3).await;

    assert_reads_nothing(&outsider, phrase);
    // Puts no line into the channel: forgeries, and replays of the true ones.
    let before = ana.timeline(conversation).await;
    for envelope in forgeries(&outsider.captured[0]) {
        outsider.plant(envelope).await;
    }
    let replays: Vec<Record> = outsider
        .captured
        .iter()
        .cloned()
        .map(Record::Push)
        .collect();
    outsider.say(&replays);
    ana.ask(|request| Command::Query {
        request,
        query: Query::Links,
    })
    .await;
    assert_eq!(ana.timeline(conversation).await.len(), before.len());

    // The forgeries were carried like anybody's: the outsider was heard at all.
    let Answer::Status(status) = ana
        .ask(|request| Command::Query {
            request,
            query: Query::Status,
        })
        .await
    else {
        panic!("no status")
    };
    assert!(status.stored.count > 3, "{:?}", status.stored);
    assert_eq!(status.links, 1);
    outsider.lan.shutdown().await;
}
