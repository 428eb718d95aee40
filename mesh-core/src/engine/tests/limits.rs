//! Limits of one engine: what is held, how long anything waits.

use super::crowd::Crowd;
use super::hostile::{LINK, besieged, envelope, hello, say};
use crate::api::{Answer, CommandError, Query};
use crate::crypto::channel::{ChannelName, ChannelRoot, Pseudonym};
use crate::engine::conversations::Conversation;
use crate::engine::{Config, Draft, Input, Request};
use crate::gossip::{Held, Seen, Slot};
use crate::limits::{
    CLOCK_OFFSET_TOLD_MS, CONFIDE_MS_MAX, CONTENTION_64THS, CONVERSATIONS_MAX, HOUSEKEEPING_MS,
    KEEP_ALIVE_MS, OFFER_BEAT_LAN_MS, OPEN_DELAY_MS, OWN_HOLD_MS_MAX, OWN_SOS_HOLD_MS_MAX,
    PAGE_MESSAGES_MAX, RECEIVED_STEP_MS, RESYNC_DELAY_MS, SEEN_IDS_MAX, SYNC_DUE_OFFERS_MAX,
};
use crate::redact::Redacted;
use crate::router::quota;
use crate::store::ConversationRow;
use crate::sync::Finding;
use crate::types::{
    ChannelKind, ConversationId, EnvelopeId, LinkInfo, LinkKind, LinkShape, MessageClass, Mono,
    Source, Wall,
};
use crate::wire::envelope::Class;
use crate::wire::frame::Record;

fn id(number: u32) -> EnvelopeId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    EnvelopeId(bytes)
}

#[test]
fn a_person_is_in_so_many_conversations_and_is_told_when_there_are_more() {
    let mut crowd = Crowd::new(1);
    let profile = crowd.engines[0].profile.as_mut().unwrap();
    // Without their tags, which take seconds to make.
    for number in 1..CONVERSATIONS_MAX {
        let conversation = ConversationId((number as u128).to_be_bytes());
        profile.conversations.push(Conversation {
            row: ConversationRow {
                conversation,
                kind: ChannelKind::Public,
                root: [0; 32],
                words: String::new(),
                pseudonym_seed: [0; 32],
                joined_at: Wall(0),
            },
            root: ChannelRoot::from_bytes([0; 32]),
            pseudonym: Pseudonym::from_seed(&[0; 32]),
        });
    }
    crowd.join(0, "the last");
    let one_more = Request::Join {
        kind: ChannelKind::Public,
        root: ChannelRoot::public(&ChannelName::parse("one more").unwrap()),
        words: Redacted("one more".to_owned()),
        created: false,
    };
    assert_eq!(
        crowd.ask(0, one_more),
        Err(CommandError::ConversationsFull {
            max: CONVERSATIONS_MAX
        })
    );
}

#[test]
fn a_page_holds_so_many_messages_whatever_was_asked_for() {
    let mut crowd = Crowd::new(1);
    let nearby = crowd.join(0, "nearby");
    (0..=PAGE_MESSAGES_MAX).for_each(|number| crowd.say(0, nearby, &number.to_string()));
    let query = Query::Timeline {
        conversation: nearby,
        before: None,
        limit: u16::MAX,
    };
    let Ok(Answer::Timeline(page)) = crowd.ask(0, Request::Query(query)) else {
        panic!("a page")
    };
    assert_eq!(page.messages.len(), usize::from(PAGE_MESSAGES_MAX));
    assert!(page.more);
}

#[test]
fn ids_remembered_are_bounded_by_the_limit() {
    let ids_max = Config::new("test").seen_ids_max;
    let mut seen = Seen::new(ids_max);
    let owner = Slot::lowest_free([]);
    let numbers = 0..u32::try_from(SEEN_IDS_MAX).unwrap() + 100;
    let forgotten = numbers.filter(|n| seen.insert(id(*n), owner).is_some());
    assert_eq!(forgotten.count(), 100);
    assert_eq!(seen.len(), SEEN_IDS_MAX);
}

#[test]
fn room_is_short_once_a_class_fills_its_part() {
    let mut crowd = Crowd::new(1);
    let engine = &mut crowd.engines[0];
    engine.relay_bytes_max = 1_000_000;
    let text = |bytes: u64| Held {
        class: Class::Text,
        expiry: crate::types::Tick(9),
        tag: [0; 16],
        bytes: u32::try_from(bytes).unwrap(),
        source: Source::HERE,
        drop_at: Mono(1_000),
    };
    let part = quota(Class::Text, engine.relay_bytes_max) / 64 * CONTENTION_64THS;
    engine.inventory.insert(id(1), text(part));
    assert!(engine.contended().is_empty());
    engine.inventory.insert(id(2), text(1));
    assert!(!engine.contended().is_empty());
}

#[test]
fn what_a_comparison_found_waits_in_bounded_number() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    let ids = (0..2 * u32::try_from(SYNC_DUE_OFFERS_MAX).unwrap()).map(id);
    let class = Class::Text;
    let ids = ids.collect();
    crowd.engines[0].found(LINK, Finding::Lacks { class, ids });
    let due = crowd.engines[0].peers.get(LINK).unwrap().due_offers.len();
    assert_eq!(due, SYNC_DUE_OFFERS_MAX);
}

#[test]
fn a_link_on_which_nothing_is_said_gets_a_pad() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    crowd.run(KEEP_ALIVE_MS - 1);
    let before = crowd.overheard.len();
    crowd.run(1);
    let said = &crowd.overheard[before..];
    assert_eq!(said, [(LINK, super::hostile::pipe(&[Record::Pad]))]);
}

#[test]
fn after_a_loss_a_link_compares_again_soon_and_not_at_once() {
    let mut crowd = Crowd::new(1);
    let info = LinkInfo {
        kind: LinkKind::Ble,
        outbound: false,
        shape: LinkShape::Pipe,
        address: None,
    };
    crowd.give(0, vec![Input::LinkUp { link: LINK, info }]);
    say(&mut crowd, &[hello()]);
    let now = crowd.now().mono;
    let peer = crowd.engines[0].peers.touch(LINK).unwrap();
    let at = |peer: &super::super::peer::Peer| peer.session.as_ref().unwrap().next_timeout();
    assert!(at(peer) > now.plus_ms(RESYNC_DELAY_MS));
    peer.resync_later(now);
    assert_eq!(at(peer), now.plus_ms(RESYNC_DELAY_MS));
}

#[test]
fn own_texts_are_held_for_a_random_time_within_the_limit() {
    let mut crowd = Crowd::new(1);
    let nearby = crowd.join(0, "nearby");
    (0..50).for_each(|number| crowd.say(0, nearby, &number.to_string()));
    crowd.run(OWN_HOLD_MS_MAX / 2);
    let out = crowd.status(0).stored.count;
    assert!((5..=45).contains(&out), "{out}");
    crowd.run(OWN_HOLD_MS_MAX - OWN_HOLD_MS_MAX / 2);
    assert_eq!(crowd.status(0).stored.count, 50);
}

/// Whoever watches from some neighbours must not be told first, and at once, by the
/// author of all people.
#[test]
fn one_neighbour_is_told_of_an_own_text_and_the_others_within_the_limit() {
    let mut crowd = Crowd::new(4);
    let nearby = crowd.join(0, "nearby");
    for other in 1..4 {
        crowd.link(0, other);
    }
    crowd.run(1_000);
    let mut first_told = std::collections::BTreeSet::new();
    for round in 1..=8 {
        let told = |crowd: &mut Crowd| -> Vec<usize> {
            let others = 1..4;
            others
                .filter(|other| crowd.status(*other).stored.count == round)
                .collect()
        };
        crowd.say(0, nearby, &round.to_string());
        let begun = crowd.mono;
        while told(&mut crowd).is_empty() && crowd.mono < begun + 10_000 {
            crowd.run(1);
        }
        crowd.run(CONFIDE_MS_MAX / 2 - 50);
        let [one] = told(&mut crowd)[..] else {
            panic!("round {round}: {:?}", told(&mut crowd));
        };
        first_told.insert(one);
        crowd.run(CONFIDE_MS_MAX / 2 + 50 + OFFER_BEAT_LAN_MS);
        assert_eq!(told(&mut crowd), [1, 2, 3], "round {round}");
    }
    assert!(first_told.len() > 1, "always {first_told:?}");
}

#[test]
fn a_call_for_help_is_told_to_all_neighbours_at_once() {
    let mut crowd = Crowd::new(4);
    let nearby = crowd.join(0, "nearby");
    for other in 1..4 {
        crowd.link(0, other);
    }
    crowd.run(1_000);
    let draft = Draft {
        class: MessageClass::Sos,
        ..Draft::text(Redacted("help".to_owned()))
    };
    crowd.ask(0, Request::Send(nearby, draft)).unwrap();
    crowd.run(OWN_SOS_HOLD_MS_MAX + 100);
    assert!((1..4).all(|other| crowd.status(other).stored.count == 1));
}

#[test]
fn what_comes_in_is_opened_after_a_random_time_in_its_range() {
    let mut crowd = Crowd::new(2);
    let nearby = [0, 1].map(|person| crowd.join(person, "nearby"));
    crowd.link(0, 1);
    crowd.run(1_000);
    let mut delays_ms = Vec::new();
    for number in 1..=8 {
        crowd.say(1, nearby[1], &number.to_string());
        while crowd.status(0).stored.count < number {
            crowd.run(1);
        }
        let came = crowd.mono;
        while (crowd.texts(0, nearby[0]).len() as u64) < number {
            crowd.run(1);
        }
        delays_ms.push(crowd.mono - came);
    }
    let within = |ms: &u64| OPEN_DELAY_MS.contains(ms);
    assert!(delays_ms.iter().all(within), "{delays_ms:?}");
    delays_ms.dedup();
    assert!(delays_ms.len() > 4, "{delays_ms:?}");
}

#[test]
fn what_lapsed_is_dropped_at_the_next_housekeeping() {
    let mut crowd = Crowd::new(1);
    let nearby = crowd.join(0, "nearby");
    crowd.say(0, nearby, "hello");
    crowd.run(1_000);
    let (_, held) = crowd.engines[0].inventory.iter().next().unwrap();
    let left_ms = held.drop_at.ms_since(Mono(crowd.mono));
    crowd.run(left_ms - 1);
    assert_eq!(crowd.status(0).stored.count, 1);
    crowd.run(1 + HOUSEKEEPING_MS);
    assert_eq!(crowd.status(0).stored.count, 0);
}

#[test]
fn the_store_says_only_roughly_when_an_envelope_came() {
    let mut crowd = besieged();
    crowd.run(1_234);
    say(&mut crowd, &[hello()]);
    let sos = envelope(&crowd, Class::Sos, 1);
    say(&mut crowd, &[Record::Push(sos)]);
    let now = crowd.now().wall;
    let kept = crowd.engines[0].relay.load().unwrap();
    let came = kept[0].received_at;
    assert_eq!(came.0 % RECEIVED_STEP_MS, 0);
    assert!(came < now && now.0 - came.0 < RECEIVED_STEP_MS);
}

#[test]
fn a_clock_far_from_the_neighbours_is_told() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    for (off_ms, trusted) in [
        (CLOCK_OFFSET_TOLD_MS, true),
        (CLOCK_OFFSET_TOLD_MS + 1_000, false),
    ] {
        let now = crowd.now();
        let engine = &mut crowd.engines[0];
        let ours_ms = (now.wall.0 - now.mono.0).cast_signed();
        let peer = engine.peers.touch(LINK).unwrap();
        peer.their_base_ms = ours_ms + off_ms.cast_signed();
        assert_eq!(crowd.status(0).clock.trusted, trusted, "{off_ms}");
    }
}
