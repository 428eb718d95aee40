//! Groups, introductions and the lock, as real processes on loopback: Ana has met Bo
//! and Cy, who do not know each other.

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

use driver::{DEADLINE, Home, PASSPHRASE, Process, conversation};
use serde_json::{Value, json};

/// Messages of each author in one round of traffic.
const TRAFFIC: usize = 15;

/// Asks again after each event of this kind until it is so.
fn until(process: &mut Process, kind: &str, is_so: impl Fn(&mut Process) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so(process) {
        assert!(Instant::now() < deadline, "still not so after {kind}");
        process.event(kind, |_| true);
    }
}

/// The contact who is called so.
fn contact(process: &mut Process, name: &str) -> Value {
    let contacts = process.call("contacts.list", json!({}));
    let mut contacts = contacts.as_array().unwrap().iter();
    let found = contacts.find(|contact| contact["name"] == name);
    found.unwrap_or_else(|| panic!("no contact {name}")).clone()
}

fn is_connected(process: &mut Process, name: &str) -> bool {
    let contacts = process.call("contacts.list", json!({}));
    let mut contacts = contacts.as_array().unwrap().iter();
    contacts.any(|contact| contact["name"] == name && contact["connected"] == true)
}

fn members(process: &mut Process, group: &str) -> Value {
    process.call("groups.members", json!({"conversation": group}))
}

/// Waits until the group has so many members and everybody can read.
fn until_ready(process: &mut Process, group: &str, count: usize) {
    until(process, "group.changed", |process| {
        let shown = members(process, group);
        shown["members"].as_array().unwrap().len() == count && shown["ready"] == true
    });
}

/// The newest message with this text.
fn listed(process: &mut Process, place: &str, text: &str) -> Option<Value> {
    let params = json!({"conversation": place, "limit": 200});
    let page = process.call("messages.list", params);
    let mut messages = page["messages"].as_array().unwrap().iter().rev();
    messages.find(|message| message["text"] == text).cloned()
}

fn id_of(process: &mut Process, place: &str, text: &str) -> Value {
    let message = listed(process, place, text);
    message.unwrap_or_else(|| panic!("no '{text}'"))["message_id"].clone()
}

/// Waits until a text is there, whether it came before or after a restart.
fn until_text(process: &mut Process, place: &str, text: &str) {
    until(process, "message.received", |process| {
        listed(process, place, text).is_some()
    });
}

/// Waits until the message of this id is as wanted.
fn until_message(process: &mut Process, place: &str, id: &Value, is_so: impl Fn(&Value) -> bool) {
    until(process, "message.changed", |process| {
        let page = process.call("messages.list", json!({"conversation": place}));
        let mut messages = page["messages"].as_array().unwrap().iter();
        messages.any(|message| message["message_id"] == *id && is_so(message))
    });
}

/// `other` adds Ana by link and writes; she accepts and answers. Both conversations.
fn meet(ana: &mut Process, other: &mut Process, name: &str) -> (String, String) {
    let card = ana.call("contacts.card", json!({}));
    let added = other.call("contacts.add", json!({"link": card["link"]}));
    let other_side = conversation(&added);
    other.send(&other_side, "it is me");
    let request = ana.event("contact.request", |event| event["name"] == name);
    let request = json!({"request": request["request"]});
    let ana_side = conversation(&ana.call("requests.accept", request));
    ana.send(&ana_side, "good to hear");
    other.message(&other_side, "good to hear");
    until(ana, "contacts.changed", |ana| is_connected(ana, name));
    until(other, "contacts.changed", |other| {
        is_connected(other, "ana")
    });
    (ana_side, other_side)
}

/// Three processes: Ana listens, the others call her.
struct Town {
    home: Home,
    ana: Process,
    bo: Process,
    cy: Process,
    /// The conversation of Bo with Ana, on her side and on his.
    with_bo: (String, String),
}

impl Town {
    fn new() -> Self {
        let home = Home::new();
        let mut ana = home.headless("ana", &["--no-mdns"]);
        let address = ana.ready().remove(0);
        let mut bo = home.headless("bo", &["--no-mdns", "--dial", &address]);
        let mut cy = home.headless("cy", &["--no-mdns", "--dial", &address]);
        bo.ready();
        cy.ready();
        let with_bo = meet(&mut ana, &mut bo, "bo");
        meet(&mut ana, &mut cy, "cy");
        Self {
            home,
            ana,
            bo,
            cy,
            with_bo,
        }
    }

    /// Ana makes a group of the three; it has the same id on every laptop.
    fn found(&mut self, name: &str) -> String {
        let members: Vec<Value> = ["bo", "cy"]
            .map(|name| contact(&mut self.ana, name)["contact"].clone())
            .into();
        let asked = json!({"name": name, "members": members});
        let group = conversation(&self.ana.call("groups.create", asked));
        for process in [&mut self.bo, &mut self.cy] {
            let joined = process.event("group.joined", |event| event["name"] == name);
            assert_eq!(joined["conversation"], *group);
        }
        for process in self.all() {
            until_ready(process, &group, 3);
        }
        group
    }

    fn all(&mut self) -> [&mut Process; 3] {
        [&mut self.ana, &mut self.bo, &mut self.cy]
    }

    /// Kills Ana's process and starts it again; the others call the new one.
    fn restart_ana(&mut self) {
        self.ana.kill_in_place();
        self.ana = self.home.headless("ana", &["--no-mdns"]);
        let address = self.ana.ready().remove(0);
        for process in [&mut self.bo, &mut self.cy] {
            process.call("mesh.dial", json!({"address": address}));
        }
    }
}

#[test]
fn people_who_met_one_of_them_talk_in_a_group_and_see_what_is_said_of_a_message() {
    let mut town = Town::new();
    let group = town.found("medics");
    for (author, text) in [(0, "from ana"), (1, "from bo"), (2, "from cy")] {
        town.all()[author].send(&group, text);
        for process in town.all() {
            until_text(process, &group, text);
        }
    }
    let id = id_of(&mut town.ana, &group, "from ana");
    until_message(&mut town.ana, &group, &id, |message| {
        message["reach"] == json!({"came": 2, "of": 2}) && message["state"] == "delivered"
    });

    // Bo does not know Cy, who is a member by another name for each of them.
    let of_cy = members(&mut town.bo, &group)["members"].clone();
    let of_cy = of_cy.as_array().unwrap().iter();
    let of_cy = of_cy.clone().find(|member| member["name"] == "cy").unwrap();
    assert!(of_cy.get("contact").is_none(), "{of_cy}");
    let answer = json!({"conversation": group, "text": "@cy yes", "reply_to": id,
                        "mentions": [of_cy["member"]]});
    town.bo.call("messages.send", answer);
    let seen = town.cy.message(&group, "@cy yes");
    assert_eq!(
        (&seen["reply_to"], &seen["mentions_us"]),
        (&id, &json!(true))
    );
    let seen = town.ana.message(&group, "@cy yes");
    assert_eq!(seen["reply_to"], id);
    assert!(seen.get("mentions_us").is_none());

    for process in [&mut town.bo, &mut town.cy] {
        let liked = json!({"conversation": group, "message_id": id, "emoji": "👍"});
        process.call("messages.react", liked);
    }
    for process in town.all() {
        until_message(process, &group, &id, |message| {
            message["reactions"][0]["count"] == 2 && message["reactions"][0]["emoji"] == "👍"
        });
    }
    let edit = json!({"conversation": group, "message_id": id, "text": "from Ana, at noon"});
    assert_eq!(town.bo.call_refused("messages.edit", edit.clone()), -32_026);
    town.ana.call("messages.edit", edit);
    for process in town.all() {
        until_message(process, &group, &id, |message| {
            message["text"] == "from Ana, at noon" && message["edited_at"].is_u64()
        });
    }
    let withdrawn = json!({"conversation": group, "message_id": id, "for": "everybody"});
    town.ana.call("messages.delete", withdrawn);
    for process in town.all() {
        until_message(process, &group, &id, |message| {
            message["withdrawn"] == true && message["text"] == ""
        });
    }
}

#[test]
fn killed_amid_traffic_a_member_loses_nothing_and_reads_nothing_twice() {
    let mut town = Town::new();
    let group = town.found("medics");
    let mut written = Vec::new();
    for round in 0..2 {
        for number in 0..TRAFFIC {
            for (author, name) in ["ana", "bo", "cy"].iter().enumerate() {
                let text = format!("{name} {round} {number}");
                town.all()[author].send(&group, &text);
                written.push(text);
            }
        }
        // Some of it is on the way, whatever the machine's speed.
        town.restart_ana();
    }
    // The mesh keeps no order between messages to a group.
    written.sort();
    for process in town.all() {
        until(process, "message.received", |process| {
            process.texts(&group).len() >= written.len()
        });
        let mut there = process.texts(&group);
        there.sort();
        assert_eq!(there, written);
    }
}

#[test]
fn removed_member_is_told_and_reads_nothing_written_later() {
    let mut town = Town::new();
    let group = town.found("medics");
    town.cy.send(&group, "still here");
    for process in town.all() {
        until_text(process, &group, "still here");
    }
    let of_cy = contact(&mut town.ana, "cy")["contact"].clone();
    let removed = json!({"conversation": group, "contact": of_cy});
    let by_bo = members(&mut town.bo, &group)["members"].clone();
    let by_bo = by_bo
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "cy");
    let by_bo = json!({"conversation": group, "member": by_bo.unwrap()["member"]});
    assert_eq!(town.bo.call_refused("groups.remove", by_bo), -32_033);
    town.ana.call("groups.remove", removed.clone());
    until(&mut town.cy, "group.changed", |cy| {
        members(cy, &group)["role"].is_null()
    });
    for process in [&mut town.ana, &mut town.bo] {
        until_ready(process, &group, 2);
    }
    assert_eq!(town.ana.call_refused("groups.remove", removed), -32_031);
    let text = json!({"conversation": group, "text": "let me in"});
    assert_eq!(town.cy.call_refused("messages.send", text), -32_037);
    town.ana.send(&group, "without cy");
    town.bo.message(&group, "without cy");
    town.bo.send(&group, "yes, without");
    town.ana.message(&group, "yes, without");
    // What is written to Cy later comes over the same links: had the group's text been
    // readable, it were there by then.
    let to_cy = conversation(&contact(&mut town.ana, "cy"));
    town.ana.send(&to_cy, "you are out");
    let with_ana = conversation(&contact(&mut town.cy, "ana"));
    town.cy.message(&with_ana, "you are out");
    assert_eq!(town.cy.texts(&group), ["still here"]);
}

#[test]
fn arrested_founder_is_left_behind_by_those_who_know_her_alone() {
    let mut town = Town::new();
    let group = town.found("medics");
    let of_ana = contact(&mut town.bo, "ana")["contact"].clone();
    let whom = json!({"conversation": group, "contact": of_ana});
    // A member may not remove the founder, and says so instead of doing half of it.
    let arrest = town.bo.call("groups.arrested", whom.clone());
    assert_eq!(
        arrest,
        json!({"removed": [], "signed": [], "left": [group]})
    );
    let anew = conversation(&town.bo.call("groups.continue_without", whom));
    assert_ne!(anew, group);
    assert!(members(&mut town.bo, &group)["role"].is_null());
    let joined = town.cy.event("group.joined", |_| true);
    assert_eq!(joined["conversation"], *anew);
    for process in [&mut town.bo, &mut town.cy] {
        until_ready(process, &anew, 2);
    }
    town.bo.send(&anew, "ana is taken");
    town.cy.message(&anew, "ana is taken");
    town.cy.send(&anew, "understood");
    town.bo.message(&anew, "understood");
    let rows = town.ana.call("conversations.list", json!({}));
    let mut rows = rows.as_array().unwrap().iter();
    assert!(rows.all(|row| row["conversation"] != *anew));
    assert_eq!(town.ana.texts(&group), Vec::<String>::new());

    town.cy.call("groups.leave", json!({"conversation": anew}));
    until(&mut town.bo, "group.changed", |bo| {
        members(bo, &anew)["members"].as_array().unwrap().len() == 1
    });
    let gone = json!({"conversation": anew});
    assert_eq!(town.cy.call_refused("messages.list", gone), -32_001);
}

#[test]
fn arrested_member_is_cut_off_at_once_by_the_founder() {
    let mut town = Town::new();
    let group = town.found("medics");
    let of_cy = contact(&mut town.ana, "cy")["contact"].clone();
    let whom = json!({"conversation": group, "contact": of_cy});
    let arrest = town.ana.call("groups.arrested", whom);
    assert_eq!(
        arrest,
        json!({"removed": [group], "signed": [], "left": []})
    );
    until(&mut town.cy, "group.changed", |cy| {
        members(cy, &group)["role"].is_null()
    });
    until_ready(&mut town.bo, &group, 2);
}

#[test]
fn contacts_react_change_withdraw_and_set_a_timer() {
    let mut town = Town::new();
    let (ana_side, bo_side) = town.with_bo.clone();
    let id = id_of(&mut town.bo, &bo_side, "good to hear");
    let about = |side: &str, more: Value| {
        let mut params = json!({"conversation": side, "message_id": id});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        params
    };
    town.bo
        .call("messages.react", about(&bo_side, json!({"emoji": "👍"})));
    until_message(&mut town.ana, &ana_side, &id, |message| {
        message["reactions"] == json!([{"emoji": "👍", "count": 1, "own": false}])
    });
    town.bo
        .call("messages.react", about(&bo_side, json!({"emoji": ""})));
    until_message(&mut town.ana, &ana_side, &id, |message| {
        message.get("reactions").is_none()
    });
    let edit = json!({"text": "good to read"});
    town.ana.call("messages.edit", about(&ana_side, edit));
    until_message(&mut town.bo, &bo_side, &id, |message| {
        message["text"] == "good to read" && message["edited_at"].is_u64()
    });
    let all = json!({"for": "everybody"});
    assert_eq!(
        town.bo
            .call_refused("messages.delete", about(&bo_side, all.clone())),
        -32_026
    );
    town.ana.call("messages.delete", about(&ana_side, all));
    until_message(&mut town.bo, &bo_side, &id, |message| {
        message["withdrawn"] == true
    });

    let timer = json!({"conversation": ana_side, "seconds": 3_600});
    town.ana.call("conversations.timer", timer);
    let row = |process: &mut Process, side: &str| {
        let rows = process.call("conversations.list", json!({}));
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["conversation"] == *side)
            .unwrap()
            .clone()
    };
    until(&mut town.bo, "conversations.changed", |bo| {
        row(bo, &bo_side)["timer_s"] == 3_600
    });
    assert_eq!(row(&mut town.ana, &ana_side)["timer_s"], 3_600);
}

#[test]
fn two_who_gave_no_card_away_are_introduced_and_write() {
    let mut town = Town::new();
    let of = |process: &mut Process, name: &str| contact(process, name)["contact"].clone();
    let (of_bo, of_cy) = (of(&mut town.ana, "bo"), of(&mut town.ana, "cy"));
    let to_self = json!({"contact": of_cy, "to": of_cy});
    town.ana.call_refused("contacts.introduce", to_self);
    let asked = json!({"contact": of_cy, "to": of_bo, "text": "a nurse"});
    town.ana.call("contacts.introduce", asked);
    let told = town.bo.event("contact.introduction", |_| true);
    assert_eq!((&told["name"], &told["contact"]), (&json!("cy"), &of_cy));
    let rows = town.bo.call("introductions.list", json!({}));
    assert_eq!(
        (&rows[0]["text"], &rows[0]["is_contact"]),
        (&json!("a nurse"), &json!(false))
    );
    let which = json!({"from": told["from"], "contact": told["contact"]});
    let accepted = town.bo.call("introductions.accept", which.clone());
    assert_eq!(town.bo.call_refused("introductions.accept", which), -32_042);
    let added = contact(&mut town.bo, "cy");
    assert_eq!(added["trust"], "introduced");
    assert_eq!(added["introduced_by"], of(&mut town.bo, "ana"));
    town.bo.send(&conversation(&accepted), "ana sends me");
    let told = town
        .cy
        .event("contact.introduction", |event| event["name"] == "bo");
    let which = json!({"from": told["from"], "contact": told["contact"]});
    let side = conversation(&town.cy.call("introductions.accept", which));
    // Neither had given a card away: accepting is what makes them reachable.
    until_text(&mut town.cy, &side, "ana sends me");
    town.cy.send(&side, "she told me");
    until_text(&mut town.bo, &conversation(&accepted), "she told me");
}

#[test]
fn message_that_comes_while_locked_appears_after_unlocking() {
    let mut town = Town::new();
    let (ana_side, bo_side) = town.with_bo.clone();
    let group = town.found("medics");
    town.bo.call("node.lock", json!({}));
    town.bo.event("locked", |_| true);
    assert_eq!(town.bo.call("status", json!({}))["locked"], true);
    let list = json!({"conversation": bo_side});
    assert_eq!(town.bo.call_refused("messages.list", list), -32_043);

    town.ana.send(&ana_side, "to the locked one");
    town.ana.send(&group, "to all");
    town.cy.message(&group, "to all");
    // It carries what it cannot read, so that nothing has to come twice.
    let wrong = json!({"passphrase": "not the passphrase of anybody"});
    assert_eq!(town.bo.call_refused("node.unlock", wrong), -32_044);
    let right = json!({"passphrase": PASSPHRASE});
    town.bo.call("node.unlock", right);
    town.bo.event("unlocked", |_| true);
    until_text(&mut town.bo, &bo_side, "to the locked one");
    until_text(&mut town.bo, &group, "to all");
    assert_eq!(town.bo.call("status", json!({}))["locked"], false);
    town.bo.send(&bo_side, "here again");
    town.ana.message(&ana_side, "here again");

    let changed = json!({"old": PASSPHRASE, "new": "another passphrase of six short words"});
    town.bo.call("passphrase.change", changed);
    town.bo.call("node.lock", json!({}));
    let old = json!({"passphrase": PASSPHRASE});
    assert_eq!(town.bo.call_refused("node.unlock", old), -32_044);
    let new = json!({"passphrase": "another passphrase of six short words"});
    town.bo.call("node.unlock", new);
    assert!(listed(&mut town.bo, &bo_side, "to the locked one").is_some());
}
