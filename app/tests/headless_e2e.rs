//! Real processes on loopback, as two people with a laptop each would run them.
//!
//! The beacon has one fixed port that every process of this machine shares, so
//! other tests' nodes may be met too: nothing here counts links or reads
//! `nearby` for more than its own texts, which carry the number of this process.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and clippy knows only functions marked #[test]"
)]

mod driver;

use std::time::Instant;

use driver::{DEADLINE, Home, Process, conversation};
use mesh_core::limits::{CALLS_WAITING_MAX, DERIVATIONS_WAITING_MAX};
use serde_json::{Value, json};

/// A text no other test or run writes.
fn unique(text: &str) -> String {
    format!("{text} {}", std::process::id())
}

fn nearby(process: &mut Process) -> String {
    conversation(&process.call("channels.join", json!({"name": "nearby"})))
}

/// Makes a fresh keyed channel: its phrase and its conversation.
fn create(process: &mut Process) -> (String, String) {
    let made = process.call("channels.create", json!({}));
    let phrase = made["phrase"].as_str().unwrap().to_owned();
    assert_eq!(phrase.split(' ').count(), 6, "a phrase has six words");
    (phrase, conversation(&made))
}

/// Both join, both write, both read, in `nearby` and in a fresh keyed channel.
fn exchange_both_ways(ana: &mut Process, ben: &mut Process) {
    let (ana_nearby, ben_nearby) = (nearby(ana), nearby(ben));
    let (phrase, ana_keyed) = create(ana);
    let ben_keyed = ben.join(&phrase);
    for (ana_side, ben_side, place) in [
        (&ana_nearby, &ben_nearby, "nearby"),
        (&ana_keyed, &ben_keyed, "keyed"),
    ] {
        let (there, back) = (
            unique(&format!("there {place}")),
            unique(&format!("back {place}")),
        );
        ana.send(ana_side, &there);
        let received = ben.message(ben_side, &there);
        assert_eq!(received["from"]["name"], "ana");
        assert_eq!(received["from"]["own"], false);
        ben.send(ben_side, &back);
        assert_eq!(ana.message(ana_side, &back)["from"]["name"], "ben");
    }
}

#[test]
fn two_processes_find_each_other_by_the_beacon_and_talk_both_ways() {
    let home = Home::new();
    let (mut ana, mut ben) = (home.headless("ana", &[]), home.headless("ben", &[]));
    ana.ready();
    ben.ready();
    exchange_both_ways(&mut ana, &mut ben);
    assert!(ana.end_input().success());
    assert!(ben.terminate().success());
}

#[test]
fn two_processes_talk_over_a_dialled_address_with_discovery_off() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let mut ben = home.headless("ben", &["--no-mdns", "--dial", &address]);
    ben.ready();
    let up = ben.event("link.up", |_| true);
    assert_eq!(up["kind"], "lan");
    exchange_both_ways(&mut ana, &mut ben);
    let links = ben.call("mesh.links", json!({}));
    assert_eq!(links.as_array().unwrap().len(), 1, "{links}");
}

#[test]
fn dialling_by_method_makes_a_link_and_the_end_of_the_peer_ends_it() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let mut ben = home.headless("ben", &["--no-mdns"]);
    ben.ready();
    ben.call("mesh.dial", json!({"address": address}));
    let up = ben.event("link.up", |_| true);
    assert!(ana.terminate().success());
    ben.event("link.down", |event| event["link"] == up["link"]);
}

#[test]
fn process_without_the_phrase_carries_and_reads_nothing() {
    let home = Home::new();
    let mut relay = home.headless("eve", &["--no-mdns"]);
    let address = relay.ready().remove(0);
    let calls = ["--no-mdns", "--dial", &address];
    let (mut ana, mut ben) = (home.headless("ana", &calls), home.headless("ben", &calls));
    ana.ready();
    ben.ready();

    let (phrase, ana_side) = create(&mut ana);
    let ben_side = ben.join(&phrase);
    let (_, eve_side) = create(&mut relay);
    let text = unique("for phrase holders");
    ana.send(&ana_side, &text);
    // Ben's only link is to Eve: that it came proves that Eve had it.
    ben.message(&ben_side, &text);
    assert_eq!(relay.texts(&eve_side), Vec::<String>::new());
    let stored = relay.call("status", json!({}))["stored"]["count"].as_u64();
    assert!(stored.unwrap() >= 1, "{stored:?}");

    // Joining later opens what was carried all along.
    let opened = relay.join(&phrase);
    relay.message(&opened, &text);
}

#[test]
fn history_and_membership_survive_a_restart() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    let (phrase, side) = create(&mut ana);
    for number in 0..5 {
        ana.send(&side, &format!("line {number}"));
    }
    let texts = ana.texts(&side);
    ana.call("shutdown", json!({}));
    assert!(ana.exit().success());

    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    assert_eq!(ana.join(&phrase), side, "joining again is the same");
    assert_eq!(ana.texts(&side), texts);
    let secret = ana.call("channels.phrase", json!({"conversation": side}));
    assert_eq!(secret["words"], phrase);
}

#[test]
fn killed_process_has_everything_that_it_acknowledged_or_showed() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let calls = ["--no-mdns", "--dial", &address];
    let mut ben = home.headless("ben", &calls);
    ben.ready();
    let (phrase, ana_side) = create(&mut ana);
    let ben_side = ben.join(&phrase);
    for round in 0..3 {
        let (shown, acknowledged) = (
            unique(&format!("shown {round}")),
            unique(&format!("own {round}")),
        );
        ana.send(&ana_side, &shown);
        ben.message(&ben_side, &shown);
        ben.send(&ben_side, &acknowledged);
        ben.kill();

        ben = home.headless("ben", &calls);
        ben.ready();
        let texts = ben.texts(&ben_side);
        assert!(texts.contains(&shown), "round {round}: {texts:?}");
        assert!(texts.contains(&acknowledged), "round {round}: {texts:?}");
    }
}

#[test]
fn pages_walk_back_through_history_without_gap_or_repeat() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    let (_, side) = create(&mut ana);
    let written: Vec<String> = (0..7).map(|number| format!("line {number}")).collect();
    for text in &written {
        ana.send(&side, text);
    }
    let mut read = Vec::new();
    let mut before = Value::Null;
    loop {
        let params = json!({"conversation": side, "limit": 3, "before": before});
        let page = ana.call("messages.list", params);
        let messages = page["messages"].as_array().unwrap().clone();
        before = messages[0]["message_id"].clone();
        let texts = messages
            .iter()
            .map(|message| message["text"].as_str().unwrap().to_owned());
        read.splice(0..0, texts);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(read, written);
}

#[test]
fn hostile_lines_get_errors_and_the_next_call_is_answered() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    let mut overlong = vec![b'x'; 200_000];
    overlong.push(b'\n');
    let lines: [(&[u8], i64); 5] = [
        (&overlong, -32_600),
        (b"\xff\xfe\n", -32_700),
        (b"{\n", -32_700),
        (b"[]\n", -32_600),
        (
            b"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"nothing\"}\n",
            -32_601,
        ),
    ];
    for (line, code) in lines {
        ana.write(line);
        let answer = ana.wait("error", |line| line["error"].is_object());
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    // A notification is obeyed and not answered.
    ana.write(b"{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}\n");
    assert_eq!(ana.call("status", json!({}))["name"], "ana");
    assert_eq!(ana.call_refused("messages.list", json!({})), -32_602);
    let nowhere = json!({"conversation": "00".repeat(16), "text": "t"});
    assert_eq!(ana.call_refused("messages.send", nowhere), -32_001);
}

#[test]
fn calls_before_the_end_of_input_are_answered() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.write(b"{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"status\"}");
    ana.close_input();
    let answer = ana.wait("answer", |line| line["id"] == "last");
    assert_eq!(answer["result"]["locked"], false);
    assert!(ana.exit().success());
}

/// Whether a call was done, or refused because too much was under way.
fn is_done_or_busy(answer: &Value) -> bool {
    answer["result"].is_object() || answer["error"]["code"] == -32_000
}

/// Each phrase takes a second of computing and 256 MiB.
#[test]
fn phrases_beyond_what_can_wait_are_refused_and_every_call_is_answered_at_the_end() {
    const CALLS: usize = DERIVATIONS_WAITING_MAX + 20;
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    for number in 0..CALLS {
        ana.begin_join(&format!("join {number}"), &format!("some words {number}"));
    }
    ana.close_input();
    let mut busy = 0;
    for number in 0..CALLS {
        let id = format!("join {number}");
        let answer = ana.wait("an answer", |line| line["id"] == *id);
        assert!(is_done_or_busy(&answer), "{answer}");
        busy += usize::from(answer["error"].is_object());
    }
    assert!(busy > 0, "nothing was refused");
    assert!(ana.exit().success());
}

#[test]
fn notifications_are_bounded_as_calls_are() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    for number in 0..8 * CALLS_WAITING_MAX {
        let params = json!({"phrase": format!("some words {number}")});
        let note = json!({"jsonrpc": "2.0", "method": "channels.join", "params": params});
        ana.write(format!("{note}\n").as_bytes());
    }
    // Every notification before it was dealt with, most of them as too many.
    let joined = ana.call("conversations.list", json!({}));
    let joined = joined.as_array().unwrap().len();
    assert!(joined <= 1 + DERIVATIONS_WAITING_MAX, "{joined}");
    assert!(ana.terminate().success());
}

#[test]
fn calls_that_wait_when_a_signal_comes_are_told_that_it_ends() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    for number in 0..4 {
        ana.begin_join(&format!("join {number}"), &format!("some words {number}"));
    }
    // All four were read when the first is answered, and the others take a while.
    ana.wait("an answer", |line| line["id"] == "join 0");
    ana.ask_to_end();
    for number in 1..4 {
        let id = format!("join {number}");
        let answer = ana.wait("an answer", |line| line["id"] == *id);
        assert!(is_done_or_busy(&answer), "{answer}");
    }
    assert!(ana.exit().success());
}

#[test]
fn sos_and_lifetimes_cross_the_mesh_and_come_back_in_pages() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let mut ben = home.headless("ben", &["--no-mdns", "--dial", &address]);
    ben.ready();
    let (phrase, ana_side) = create(&mut ana);
    let ben_side = ben.join(&phrase);
    let longest = "é".repeat(165);
    for (more, text, class) in [
        (json!({"class": "sos"}), longest.as_str(), "sos"),
        (
            json!({"class": "text", "lifetime_h": 2}),
            "two hours",
            "text",
        ),
        (json!({"lifetime_h": 72}), "three days", "text"),
    ] {
        let mut params = json!({"conversation": ana_side, "text": text});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        let sent = ana.call("messages.send", params)["message_id"].clone();
        let received = ben.message(&ben_side, text);
        assert_eq!(received["class"], class);
        assert_eq!(received["message_id"], sent);
        let params = json!({"conversation": ben_side, "limit": 1});
        let page = ben.call("messages.list", params);
        assert_eq!(page["messages"][0]["class"], class);
    }
    let mut refused = |more: Value| {
        let mut params = json!({"conversation": ana_side, "text": format!("{longest}!")});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        ana.call_refused("messages.send", params)
    };
    assert_eq!(refused(json!({"class": "sos"})), -32_013);
    let both = json!({"class": "sos", "text": "t", "lifetime_h": 24});
    assert_eq!(refused(both), -32_014);
    assert_eq!(refused(json!({"class": "alarm"})), -32_602);
    assert_eq!(refused(json!({"lifetime_h": 6})), -32_602);
}

#[test]
fn groups_that_are_not_there_and_marks_in_a_channel_are_refused_by_code() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    let nearby = nearby(&mut ana);
    let nobody = "ee".repeat(16);
    for params in [
        json!({"conversation": nobody, "member": nobody}),
        // Two commands behind one call: the first one says so.
        json!({"conversation": nobody, "contact": nobody}),
    ] {
        for method in ["groups.remove", "groups.arrested"] {
            let code = ana.call_refused(method, params.clone());
            assert_eq!(code, -32_030, "{method} {params}");
        }
    }
    let members = json!({"conversation": nobody});
    assert_eq!(ana.call_refused("groups.members", members), -32_030);
    let react = json!({"conversation": nearby, "message_id": nobody, "emoji": "👍"});
    assert_eq!(ana.call_refused("messages.react", react), -32_027);
    let timer = json!({"conversation": nearby, "seconds": 3_600});
    assert_eq!(ana.call_refused("conversations.timer", timer), -32_027);
}

#[test]
fn ids_come_back_exactly_as_they_were_written() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    for id in ["98765432109876543210987654321", "-0.10", "\"\\u0041\""] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"mesh.links"}}"#);
        ana.write(format!("{call}\n").as_bytes());
        ana.raw(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":[]}}"#));
    }
}

#[test]
fn process_whose_reader_is_gone_ends_cleanly() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    ana.ready();
    ana.drop_reader();
    // The pipe breaks after one more line was read from it, and the process notices
    // with the next that it writes: so it is asked until it listens no more.
    let deadline = Instant::now() + DEADLINE;
    while ana.try_write(b"{\n").is_ok() {
        assert!(Instant::now() < deadline, "goes on without a reader");
    }
    assert!(ana.exit().success());
}
