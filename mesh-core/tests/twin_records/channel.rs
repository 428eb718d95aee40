//! Roots, inner messages and posts of channels.

use mesh_core::crypto::channel::{ChannelName, ChannelRoot, Phrase, Pseudonym};
use mesh_core::crypto::seal::{PostSeal, open_post, seal_post};
use mesh_core::types::{Day, MessageId, Wall};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::inner::{Inner, Numbers};
use serde_json::{Value, json};

use crate::people::{DAY, header, with};
use crate::record::{Case, Layout, chosen, hex};

fn inner(case: Case<'_>) -> Inner {
    Inner {
        kind: case.int("kind"),
        message_id: MessageId(case.array("message_id")),
        sent: Wall(case.number("sent_ms")),
        name: case.text("name").into(),
        body: case.bytes("body"),
        numbers: Numbers {
            seq: case.int("seq"),
            ack_base: case.int("ack_base"),
            ack_bits: case.number("ack_bits"),
            expire: case.int("expire"),
        },
    }
}

fn inner_fields(name: &str, kind: u16, author: &str, body: &[u8], numbers: [u64; 4]) -> Value {
    let [seq, ack_base, ack_bits, expire] = numbers;
    json!({
        "case": name,
        "kind": kind,
        "message_id": chosen(&format!("inner {name}"), 16),
        "sent_ms": 1_796_256_000_999_u64,
        "name": author,
        "body": hex(body),
        "seq": seq,
        "ack_base": ack_base,
        "ack_bits": ack_bits,
        "expire": expire,
    })
}

fn inner_cases() -> Vec<Value> {
    let text = b"\x00\x01water";
    let widest = [u64::from(u32::MAX), 1 << 16, 1 << 52, 251];
    vec![
        inner_fields("a text", 1, "Carla", text, [0; 4]),
        inner_fields("an SOS", 2, "", text, [0; 4]),
        inner_fields(
            "for one person",
            3,
            "",
            &[7; 300],
            [250, 251, 65_535, 65_536],
        ),
        inner_fields("an unknown kind", 999, "", b"", widest),
    ]
}

fn inner_build(case: Case<'_>) -> Value {
    json!({"inner": hex(&inner(case).encode().unwrap())})
}

fn inner_opens(case: Case<'_>) {
    let (expected, bytes) = (inner(case), case.bytes("inner"));
    assert_eq!(Inner::decode_numbered(&bytes), Ok(expected.clone()));
    let is_of_channel = expected.numbers == Numbers::default();
    assert_eq!(Inner::decode(&bytes).is_ok(), is_of_channel);
}

fn root_cases() -> Vec<Value> {
    let public = |name: &str| json!({"case": name, "public": name, "phrase": null});
    vec![
        public("Nearby"),
        public("\u{a0}#\u{3000}# Place  de la Re\u{301}publique"),
        public("c#"),
        json!({
            "case": "a phrase",
            "public": null,
            "phrase": "\nOrbit  ﬁg\u{2003}\u{130}zmir\tcandle RIVER",
        }),
    ]
}

fn root_build(case: Case<'_>) -> Value {
    let root = if case.has("public") {
        ChannelRoot::public(&ChannelName::parse(case.text("public")).unwrap())
    } else {
        ChannelRoot::from_phrase(&Phrase::parse(case.text("phrase")).unwrap()).unwrap()
    };
    json!({"root": hex(&root.to_bytes())})
}

/// Nothing to open.
fn nothing(_: Case<'_>) {}

fn post_cases() -> Vec<Value> {
    let case = |name: &str, class: Class, slot: u16, size: usize, body: &[u8]| {
        let kind = if class == Class::Sos { 2 } else { 1 };
        let body = [&[0, 1], body].concat();
        let fields = json!({
            "root": chosen(&format!("root {name}"), 32),
            "day": DAY.0,
            "slot": slot,
            "pseudonym_seed": chosen(&format!("pseudonym {name}"), 32),
            "header": header(class, u32::from(slot)),
            "nonce": chosen(&format!("nonce {name}"), 24),
            "size": size,
        });
        with(inner_fields(name, kind, "Dmitri", &body, [0; 4]), fields)
    };
    vec![
        case("an SOS", Class::Sos, 0, 480, "à l’aide".as_bytes()),
        case("a text", Class::Text, 4_095, 1_920, &[b'a'; 1_600]),
        case("a large one", Class::Text, 256, 15_360, b"short"),
    ]
}

fn post_build(case: Case<'_>) -> Value {
    let day = ChannelRoot::from_bytes(case.array("root")).day(Day(case.int("day")));
    let pseudonym = Pseudonym::from_seed(&case.array("pseudonym_seed"));
    let seal = PostSeal {
        day: &day,
        pseudonym: &pseudonym,
        header: case.array("header"),
        slot: case.int("slot"),
        nonce: case.array("nonce"),
        envelope_bytes: case.int("size"),
    };
    let message = inner(case);
    let bytes = seal_post(&seal, &message).unwrap();
    let envelope = Envelope::parse(bytes).unwrap();
    json!({
        "inner": hex(&message.encode().unwrap()),
        "pseudonym": hex(&pseudonym.public()),
        "tag": hex(&envelope.tag()),
        "envelope_id": hex(&envelope.id().0),
        "envelope": hex(envelope.as_bytes()),
    })
}

fn post_opens(case: Case<'_>) {
    let day = ChannelRoot::from_bytes(case.array("root")).day(Day(case.int("day")));
    let envelope = Envelope::parse(case.bytes("envelope")).unwrap();
    assert_eq!(envelope.tag(), day.tag(case.int("slot")));
    let post = open_post(&day, envelope.as_bytes()).unwrap();
    assert_eq!(post.inner, inner(case));
    assert_eq!(post.author, case.array("pseudonym"));
}

pub(crate) fn layouts() -> Vec<Layout> {
    vec![
        Layout {
            name: "inner",
            cases: inner_cases,
            build: inner_build,
            opens: inner_opens,
        },
        Layout {
            name: "channel_root",
            cases: root_cases,
            build: root_build,
            opens: nothing,
        },
        Layout {
            name: "channel_post",
            cases: post_cases,
            build: post_build,
            opens: post_opens,
        },
    ]
}
