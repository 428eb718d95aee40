//! Every method of the contract, and the ways to get one wrong.

use super::*;
use mesh_core::api::{
    ChannelSecret, Clock, ContactView, EmojiView, Notice, Page, PeopleCommand, Pushed, Receipts,
    RequestView, Stored,
};
use mesh_core::limits::{CONTACTS_MAX, PETNAME_BYTES_MAX};
use mesh_core::redact::Redacted;
use mesh_core::types::{
    Author, ChannelKind, ContactId, Delivery, Lifetime, LinkKind, Marks, Message, MessageClass,
    MessageId, Standing, Trust, Wall,
};

const REQUEST: RequestId = RequestId(9);
const ID: ConversationId = ConversationId([0x11; 16]);

fn call(method: &str, params: Value) -> Result<Action, RpcError> {
    let Value::Object(params) = params else {
        panic!("parameters are an object");
    };
    action(method, params, REQUEST)
}

fn message(byte: u8, text: String) -> Message {
    Message {
        conversation: ID,
        message_id: MessageId([byte; 16]),
        from: Author {
            name: "Ana".into(),
            badge: [0; 8],
            own: true,
        },
        class: MessageClass::Text,
        text,
        written_at: Wall(1),
        received_at: Wall(2),
        expires_at: Wall(3),
        state: Delivery::Waiting,
        marks: Marks::default(),
    }
}

fn result(answer: &Answer) -> Value {
    super::result(answer, None).unwrap()
}

fn page(texts: impl IntoIterator<Item = String>, more: bool) -> Value {
    let messages = texts
        .into_iter()
        .zip(0..)
        .map(|(text, byte)| message(byte, text))
        .collect();
    result(&Answer::Timeline(Page {
        conversation: ID,
        messages,
        more,
    }))
}

#[test]
fn every_method_of_the_contract_is_understood() {
    let id = ID.to_string();
    for (method, params) in [
        ("status", json!({})),
        ("channels.join", json!({"name": "nearby"})),
        ("channels.join", json!({"phrase": "a b c d e f"})),
        ("channels.create", json!({})),
        ("channels.leave", json!({"conversation": id})),
        ("channels.phrase", json!({"conversation": id})),
        ("conversations.list", json!({})),
        ("conversations.seen", json!({"conversation": id})),
        ("messages.send", json!({"conversation": id, "text": "t"})),
        ("messages.list", json!({"conversation": id})),
        ("mesh.dial", json!({"address": "10.0.0.1:7"})),
        ("mesh.links", json!({})),
        ("clock.adopt", json!({})),
        ("conversations.list", json!({"after": id})),
        ("contacts.card", json!({})),
        ("contacts.add", json!({"link": "starling:c/"})),
        ("contacts.add", json!({"link": "x", "petname": "Ana"})),
        ("contacts.list", json!({})),
        ("contacts.list", json!({"after": id})),
        ("contacts.emoji", json!({"contact": id})),
        ("contacts.verify", json!({"contact": id, "emoji": "⚓"})),
        ("contacts.block", json!({"contact": id})),
        ("contacts.remove", json!({"contact": id})),
        ("contacts.petname", json!({"contact": id, "petname": ""})),
        ("requests.list", json!({})),
        ("requests.accept", json!({"request": id})),
        ("requests.decline", json!({"request": id})),
        ("profile.rename", json!({"name": "Ana"})),
        ("receipts.set", json!({"read": true})),
    ] {
        understood(method, params);
    }
    assert_eq!(call("shutdown", json!({})), Ok(Action::Shutdown));
}

#[test]
fn every_method_about_messages_and_groups_is_understood() {
    let id = ID.to_string();
    for (method, params) in [
        (
            "conversations.timer",
            json!({"conversation": id, "seconds": null}),
        ),
        (
            "messages.react",
            json!({"conversation": id, "message_id": id, "emoji": ""}),
        ),
        (
            "messages.edit",
            json!({"conversation": id, "message_id": id, "text": "t"}),
        ),
        (
            "messages.delete",
            json!({"conversation": id, "message_id": id}),
        ),
        ("groups.create", json!({"name": "g", "members": []})),
        ("groups.add", json!({"conversation": id, "contact": id})),
        ("groups.remove", json!({"conversation": id, "member": id})),
        ("groups.remove", json!({"conversation": id, "contact": id})),
        (
            "groups.role",
            json!({"conversation": id, "member": id, "role": "admin"}),
        ),
        ("groups.rename", json!({"conversation": id, "name": "g"})),
        ("groups.leave", json!({"conversation": id})),
        ("groups.members", json!({"conversation": id})),
        (
            "groups.arrested",
            json!({"conversation": id, "contact": id}),
        ),
        (
            "groups.continue_without",
            json!({"conversation": id, "member": id}),
        ),
    ] {
        understood(method, params);
    }
}

/// The command, or the first of two, carries the request that will be answered.
fn understood(method: &str, params: Value) {
    match call(method, params) {
        Ok(Action::Command(command) | Action::List(command, _)) => {
            assert_eq!(command.request(), REQUEST, "{method}");
        }
        Ok(Action::ForContact(whom)) => {
            assert_eq!(whom.query(REQUEST).request(), REQUEST, "{method}");
        }
        other => panic!("{method}: {other:?}"),
    }
}

#[test]
fn class_and_lifetime_are_text_and_the_ordinary_one_unless_said() {
    let id = ID.to_string();
    for (more, class, lifetime) in [
        (json!({}), MessageClass::Text, None),
        (json!({"class": "text"}), MessageClass::Text, None),
        (
            json!({"class": null, "lifetime_h": null}),
            MessageClass::Text,
            None,
        ),
        (json!({"class": "sos"}), MessageClass::Sos, None),
        (
            json!({"lifetime_h": 2}),
            MessageClass::Text,
            Some(Lifetime::Short),
        ),
        (
            json!({"lifetime_h": 24}),
            MessageClass::Text,
            Some(Lifetime::Day),
        ),
        (
            json!({"lifetime_h": 72}),
            MessageClass::Text,
            Some(Lifetime::Long),
        ),
    ] {
        let mut params = json!({"conversation": id, "text": "t"});
        let shown = more.to_string();
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        let expected = Command::Send {
            request: REQUEST,
            conversation: ID,
            text: "t".to_owned().into(),
            class,
            lifetime,
            reply_to: None,
            mentions: Vec::new(),
        };
        let sent = call("messages.send", params);
        assert_eq!(sent, Ok(Action::Command(expected)), "{shown}");
    }
}

#[test]
fn address_to_dial_is_left_to_the_node_as_it_was_typed() {
    for typed in ["/ip4/10.0.0.1/tcp/7", "starling:a/10.0.0.1:7", "nobody:7"] {
        let expected = Command::Dial {
            request: REQUEST,
            address: typed.to_owned().into(),
        };
        let dial = call("mesh.dial", json!({"address": typed}));
        assert_eq!(dial, Ok(Action::Command(expected)));
    }
}

#[test]
fn unknown_method_is_named_and_cut() {
    let error = call(&"x".repeat(1_000), json!({})).unwrap_err();
    assert_eq!(error.code, -32_601);
    assert!(error.message.len() < 100);
}

#[test]
fn wrong_parameters_are_refused() {
    let id = ID.to_string();
    for (method, params) in [
        ("status", json!({"verbose": true})),
        ("shutdown", json!({"now": true})),
        ("channels.join", json!({})),
        ("channels.join", json!({"name": "a", "phrase": "b"})),
        ("channels.join", json!({"name": 1})),
        ("channels.leave", json!({"conversation": "11"})),
        ("messages.send", json!({"conversation": id})),
        ("messages.send", json!({"conversation": id, "text": null})),
        (
            "messages.send",
            json!({"conversation": id, "text": "t", "class": "SOS"}),
        ),
        (
            "messages.send",
            json!({"conversation": id, "text": "t", "lifetime_h": 3}),
        ),
        (
            "messages.send",
            json!({"conversation": id, "text": "t", "lifetime_h": "24"}),
        ),
        ("messages.list", json!({"conversation": id, "limit": 0})),
        ("messages.list", json!({"conversation": id, "limit": -1})),
        ("messages.list", json!({"conversation": id, "before": "x"})),
        ("messages.list", json!({"conversation": id, "befor": "x"})),
        ("mesh.dial", json!({})),
        ("contacts.list", json!({"before": id})),
        ("contacts.add", json!({"petname": "Ana"})),
        ("contacts.emoji", json!({"contact": "11"})),
        ("contacts.verify", json!({"contact": id})),
        ("contacts.block", json!({"contact": id, "blocked": "no"})),
        ("requests.accept", json!({"contact": id})),
        ("profile.rename", json!({})),
        ("receipts.set", json!({})),
    ] {
        let shown = params.to_string();
        let error = call(method, params).unwrap_err();
        assert_eq!(error.code, -32_602, "{method} {shown}");
    }
}

#[test]
fn huge_limit_asks_for_as_much_as_there_is() {
    let params = json!({"conversation": ID.to_string(), "limit": u64::MAX});
    let Ok(Action::Command(Command::Query { query, .. })) = call("messages.list", params) else {
        panic!("not a query");
    };
    let before = None;
    assert_eq!(
        query,
        Query::Timeline {
            conversation: ID,
            before,
            limit: u16::MAX
        }
    );
}

#[test]
fn page_keeps_order_and_says_what_is_missing() {
    let shown = page(["a".into(), "b".into()], false);
    assert_eq!(shown["messages"][0]["text"], "a");
    assert_eq!(shown["messages"][1]["text"], "b");
    assert_eq!(shown["more"], false);
    assert_eq!(page([], true), json!({"messages": [], "more": true}));
}

#[test]
fn page_too_long_for_a_line_keeps_the_newest_and_says_more() {
    // Control characters take six bytes each in JSON.
    let shown = page((0..200).map(|_| "\u{1}".repeat(2_000)), false);
    let messages = shown["messages"].as_array().unwrap();
    assert!(!messages.is_empty() && messages.len() < 200);
    assert_eq!(
        messages.last().unwrap()["message_id"],
        MessageId([199; 16]).to_string()
    );
    assert_eq!(shown["more"], true);
    let call = json!({"jsonrpc": "2.0", "id": "\u{1}".repeat(256), "method": "messages.list"});
    let call = super::super::rpc::parse(call.to_string().as_bytes()).unwrap();
    let line = super::super::rpc::answer(&call.id.unwrap(), Ok(shown));
    assert!(line.contains("\"more\":true") && line.len() < LINE_BYTES_MAX);
}

#[test]
fn status_has_the_fields_of_the_contract() {
    let shown = result(&Answer::Status(Status {
        version: "0.1.0",
        name: Some("Ana".to_owned().into()),
        locked: false,
        clock: Clock {
            offset_s: -900,
            trusted: false,
        },
        carriers: vec![CarrierStatus {
            kind: LinkKind::Lan,
            name: "Wi-Fi and cable".into(),
            can_find: true,
            can_be_found: false,
            isolated: false,
            reason: Some("r".into()),
            advice: None,
        }],
        links: 2,
        stored: Stored {
            count: 3,
            bytes: 1_440,
        },
        pushed: Pushed { came: 5, kept: 4 },
        receipts: Receipts { read: true },
        notices: vec![Notice {
            code: "clock",
            text: "t".into(),
        }],
    }));
    assert_eq!(
        shown,
        json!({
            "version": "0.1.0",
            "name": "Ana",
            "locked": false,
            "clock": {"offset_s": -900, "trusted": false},
            "carriers": [{"kind": "lan", "name": "Wi-Fi and cable", "can_find": true,
                          "can_be_found": false, "reason": "r"}],
            "links": 2,
            "stored": {"count": 3, "bytes": 1440},
            "pushed": {"came": 5, "kept": 4},
            "receipts": {"read": true},
            "notices": [{"code": "clock", "text": "t"}],
        })
    );
}

#[test]
fn lists_are_arrays_and_secrets_are_words_and_link() {
    let rows = result(&Answer::Conversations(vec![ConversationView {
        conversation: ID,
        kind: ConversationKind::Keyed,
        name: "two words".to_owned().into(),
        unread: 4,
        last: None,
        timer_s: None,
    }]));
    assert_eq!(
        rows,
        json!([{"conversation": ID.to_string(), "kind": "keyed", "name": "two words",
                "unread": 4}])
    );
    assert_eq!(result(&Answer::Links(Vec::new())), json!([]));
    let secret = result(&Answer::ChannelSecret(ChannelSecret {
        conversation: ID,
        kind: ChannelKind::Keyed,
        words: "a b".to_owned().into(),
        link: "starling:k/a-b".to_owned().into(),
    }));
    assert_eq!(secret, json!({"words": "a b", "link": "starling:k/a-b"}));
}

fn contact(byte: u8) -> ContactView {
    ContactView {
        contact: ContactId([byte; 16]),
        conversation: ID,
        name: "Ana".to_owned().into(),
        petname: "A.".to_owned().into(),
        trust: Trust::Verified,
        standing: Standing::Blocked,
        introduced_by: None,
        connected: true,
        quantum_safe: false,
        restarted: false,
        looks_like: vec![],
        since: Wall(5),
    }
}

#[test]
fn contact_has_the_fields_of_the_contract() {
    let id = ContactId([7; 16]);
    let plain = result(&Answer::Contacts(vec![contact(1)]));
    let expected = json!({
        "contact": "01".repeat(16), "conversation": ID.to_string(), "name": "Ana",
        "petname": "A.", "trust": "verified", "blocked": true, "connected": true,
        "quantum_safe": false, "restarted": false, "looks_like": [], "since_ms": 5,
    });
    assert_eq!(plain, json!([expected]));
    let introduced = ContactView {
        trust: Trust::Introduced,
        standing: Standing::Accepted,
        introduced_by: Some(id),
        looks_like: vec![id; 100],
        ..contact(1)
    };
    let row = &result(&Answer::Contacts(vec![introduced]))[0];
    assert_eq!(
        (&row["trust"], &row["blocked"]),
        (&json!("introduced"), &json!(false))
    );
    assert_eq!(row["introduced_by"], id.to_string());
    assert_eq!(row["looks_like"].as_array().unwrap().len(), 8);
}

#[test]
fn requests_emoji_and_cards_have_the_fields_of_the_contract() {
    let view = RequestView {
        request: ContactId([2; 16]),
        name: "Ben".to_owned().into(),
        text: "it is me".to_owned().into(),
        since: Wall(6),
        looks_like: vec![ContactId([3; 16])],
    };
    assert_eq!(
        result(&Answer::Requests(vec![view])),
        json!([{"request": "02".repeat(16), "name": "Ben", "text": "it is me", "since_ms": 6,
                "looks_like": ["03".repeat(16)]}])
    );
    let view = EmojiView {
        contact: ContactId([2; 16]),
        emoji: [('⚓', "anchor"); 6],
        safety_number: "12345".to_owned().into(),
    };
    assert_eq!(
        result(&Answer::Emoji(view)),
        json!({"emoji": "⚓".repeat(6), "words": vec!["anchor"; 6], "safety_number": "12345"})
    );
    let link = "starling:c/x".to_owned().into();
    assert_eq!(
        result(&Answer::Card { link }),
        json!({"link": "starling:c/x"})
    );
}

#[test]
fn block_means_block_unless_said() {
    let id = ContactId([9; 16]);
    for (params, blocked) in [
        (json!({"contact": id.to_string()}), true),
        (json!({"contact": id.to_string(), "blocked": false}), false),
    ] {
        let ask = PeopleCommand::Block {
            contact: id,
            blocked,
        };
        let request = REQUEST;
        let expected = Action::Command(Command::People { request, ask });
        assert_eq!(call("contacts.block", params), Ok(expected));
    }
}

#[test]
fn list_too_long_for_a_line_goes_on_behind_the_last_row() {
    let number = u8::try_from(CONTACTS_MAX / 2).unwrap();
    let longest = || -> Redacted<String> { "\u{1}".repeat(PETNAME_BYTES_MAX).into() };
    let all = (0..number).map(|byte| ContactView {
        petname: longest(),
        looks_like: vec![ContactId([byte; 16]); CONTACTS_MAX],
        ..contact(byte)
    });
    let answer = Answer::Contacts(all.collect());
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let part = super::result(&answer, after.as_deref()).unwrap();
        assert!(part.to_string().len() < LINE_BYTES_MAX - ANSWER_FRAME_BYTES);
        let rows = part.as_array().unwrap();
        let ids = rows
            .iter()
            .map(|row| row["contact"].as_str().unwrap().to_owned());
        seen.extend(ids);
        if rows.is_empty() {
            break;
        }
        after = seen.last().cloned();
    }
    let expected: Vec<String> = (0..number)
        .map(|byte| ContactId([byte; 16]).to_string())
        .collect();
    assert_eq!(seen, expected);
    let unknown = super::result(&answer, Some("nobody")).unwrap_err();
    assert_eq!(unknown.code, -32_602);
}
