//! Two people meet by card, as real processes on loopback, and lose nothing when both
//! are killed.

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
use serde_json::{Value, json};

/// Messages in one round of traffic, each way.
const TRAFFIC: usize = 20;

fn text_of<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn contact(process: &mut Process) -> Value {
    let contacts = process.call("contacts.list", json!({}));
    assert_eq!(contacts.as_array().unwrap().len(), 1, "{contacts}");
    contacts[0].clone()
}

/// The only conversation with a person.
fn direct(process: &mut Process) -> Value {
    let rows = process.call("conversations.list", json!({}));
    let mut rows = rows.as_array().unwrap().iter();
    rows.find(|row| row["kind"] == "direct").unwrap().clone()
}

/// Asks until the only contact is as wanted: no event tells of all that makes it so.
fn until_contact(process: &mut Process, what: &str, is_so: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so(&contact(process)) {
        assert!(Instant::now() < deadline, "never {what}");
        process.event("contacts.changed", |_| true);
    }
}

/// Ana shares her card, Ben adds her and writes, she accepts: both conversations.
fn meet(ana: &mut Process, ben: &mut Process, address: &str) -> (String, String) {
    let card = ana.call("contacts.card", json!({}));
    let link = json!({"link": card["link"]});
    assert!(text_of(&card, "link").starts_with("starling:c/"));
    assert_eq!(ana.call_refused("contacts.add", link.clone()), -32_017);
    let added = ben.call("contacts.add", link);
    let ben_side = conversation(&added);
    // Nobody is near: it waits.
    ben.send(&ben_side, "it is me");
    assert_eq!(contact(ben)["connected"], false);
    let state = ben.call("messages.list", json!({"conversation": ben_side}));
    assert_eq!(state["messages"][0]["state"], "waiting");
    ben.call("mesh.dial", json!({"address": address}));

    let request = ana.event("contact.request", |_| true);
    assert_eq!(request["name"], "ben");
    let requests = ana.call("requests.list", json!({}));
    assert_eq!(requests[0]["request"], request["request"]);
    assert_eq!(requests[0]["text"], "it is me");
    let accepted = ana.call("requests.accept", json!({"request": request["request"]}));
    let ana_side = conversation(&accepted);
    assert_eq!(ana.texts(&ana_side), ["it is me"]);
    ana.send(&ana_side, "good to hear");
    let received = ben.message(&ben_side, "good to hear");
    assert_eq!(received["from"]["name"], "ana");
    ben.event("message.delivered", |event| {
        event["conversation"] == *ben_side
    });
    (ana_side, ben_side)
}

fn emoji(process: &mut Process) -> Value {
    let contact = contact(process)["contact"].clone();
    let deadline = Instant::now() + DEADLINE;
    loop {
        let shown = process.request("contacts.emoji", json!({"contact": contact}));
        if shown["error"].is_null() {
            return shown["result"].clone();
        }
        assert_eq!(shown["error"]["code"], -32_023, "{shown}");
        assert!(Instant::now() < deadline, "no emoji");
        // Each answers the other's half within seconds: a poll, for no event tells the
        // side that speaks last.
        std::thread::yield_now();
    }
}

#[test]
fn strangers_meet_by_card_compare_emoji_and_hear_of_delivery_and_reading() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let mut ben = home.headless("ben", &["--no-mdns"]);
    ben.ready();
    let (ana_side, ben_side) = meet(&mut ana, &mut ben, &address);
    for (process, side) in [(&mut ana, &ana_side), (&mut ben, &ben_side)] {
        assert_eq!(direct(process)["conversation"], **side);
        until_contact(process, "connected", |contact| contact["connected"] == true);
    }

    let (one, other) = (emoji(&mut ana), emoji(&mut ben));
    assert_eq!(one, other);
    assert_eq!(one["words"].as_array().unwrap().len(), 6);
    assert_eq!(text_of(&one, "safety_number").len(), 60);
    let of_ana = contact(&mut ben)["contact"].clone();
    let wrong: String = text_of(&one, "emoji").chars().skip(1).collect();
    let verify = |emoji: &str| json!({"contact": of_ana, "emoji": emoji});
    assert_eq!(ben.call_refused("contacts.verify", verify(&wrong)), -32_024);
    assert_eq!(contact(&mut ben)["trust"], "unverified");
    ben.call("contacts.verify", verify(text_of(&one, "emoji")));
    assert_eq!(contact(&mut ben)["trust"], "verified");

    ana.call("receipts.set", json!({"read": true}));
    ben.send(&ben_side, "are you there?");
    ana.message(&ana_side, "are you there?");
    ana.call("conversations.seen", json!({"conversation": ana_side}));
    ben.event("message.read", |event| event["conversation"] == *ben_side);

    let sos = json!({"conversation": ben_side, "text": "help", "class": "sos"});
    assert_eq!(ben.call_refused("messages.send", sos), -32_015);
    ben.call("profile.rename", json!({"name": "Ben of the north"}));
    ben.send(&ben_side, "under my new name");
    ana.message(&ana_side, "under my new name");
    assert_eq!(contact(&mut ana)["name"], "Ben of the north");
    let of_ben = contact(&mut ana)["contact"].clone();
    ana.call(
        "contacts.petname",
        json!({"contact": of_ben, "petname": "B."}),
    );
    assert_eq!(direct(&mut ana)["name"], "B.");
    ana.call("contacts.block", json!({"contact": of_ben}));
    let text = json!({"conversation": ana_side, "text": "no"});
    assert_eq!(ana.call_refused("messages.send", text), -32_025);
    ana.call("contacts.remove", json!({"contact": of_ben}));
    assert_eq!(ana.call("contacts.list", json!({})), json!([]));
}

#[test]
fn killed_amid_traffic_two_people_lose_nothing_and_read_nothing_twice() {
    let home = Home::new();
    let mut ana = home.headless("ana", &["--no-mdns"]);
    let address = ana.ready().remove(0);
    let mut ben = home.headless("ben", &["--no-mdns"]);
    ben.ready();
    let (ana_side, ben_side) = meet(&mut ana, &mut ben, &address);
    let (mut of_ana, mut of_ben) = (vec!["good to hear".to_owned()], vec!["it is me".to_owned()]);
    for round in 0..3 {
        for number in 0..TRAFFIC {
            let (one, other) = (format!("a {round} {number}"), format!("b {round} {number}"));
            ana.send(&ana_side, &one);
            ben.send(&ben_side, &other);
            of_ana.push(one);
            of_ben.push(other);
        }
        // Some of it is on the way, whatever the machine's speed.
        ana.kill();
        ben.kill();
        ana = home.headless("ana", &["--no-mdns"]);
        let address = ana.ready().remove(0);
        ben = home.headless("ben", &["--no-mdns", "--dial", &address]);
        ben.ready();
    }
    let (last_of_ana, last_of_ben) = (of_ana.last().unwrap(), of_ben.last().unwrap());
    until_text(&mut ana, &ana_side, last_of_ben);
    until_text(&mut ben, &ben_side, last_of_ana);
    for (process, side) in [(&mut ana, &ana_side), (&mut ben, &ben_side)] {
        let texts = process.texts(side);
        let (from_ana, from_ben): (Vec<String>, Vec<String>) =
            texts.into_iter().partition(|text| of_ana.contains(text));
        assert_eq!(from_ana, of_ana);
        assert_eq!(from_ben, of_ben);
    }
}

/// Waits until a text is there, whether it came before or after the restart.
fn until_text(process: &mut Process, side: &str, text: &str) {
    let is_there = |process: &mut Process| process.texts(side).iter().any(|one| one == text);
    while !is_there(process) {
        process.event("message.received", |event| event["conversation"] == *side);
    }
}
