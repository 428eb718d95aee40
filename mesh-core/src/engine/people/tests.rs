//! The limits of what people may do to each other, driven past.

mod codes;
mod introductions;
mod many;
mod requests;

use crate::api::{Answer, Event, PeopleCommand};
use crate::crypto::bundle::{CardDay, bundle};
use crate::crypto::identity::{Card, Identity};
use crate::crypto::knock::{Started, Target, start};
use crate::crypto::secret::Secret;
use crate::engine::tests::crowd::Crowd;
use crate::engine::{Engine, Request};
use crate::limits::{
    ACK_ACTIVE_MS, ACK_LATER_MS, ACK_SOON_MS, DAY_MS, EARLY_WAIT_MS, KNOCKS_PER_DAY_MAX,
    OPEN_DELAY_MS, OWN_HOLD_MS_MAX, PUBLISH_AFTER_START_MS, REQUESTS_MAX,
    REQUESTS_TOLD_PER_HOUR_MAX, RESEND_AFTER_MS, RESEND_DAYS, RESEND_ROOM_MIN,
    SESSION_RECEIVES_DAYS, SESSION_UNACKNOWLEDGED_MAX, SESSIONS_PER_PERSON_MAX,
};
use crate::testing::rng;
use crate::types::{ContactId, ConversationId, Day, Delivery, MessageId, Wall};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::inner::{Inner, KIND_ITEMS, Numbers, TextPart};
use crate::wire::items::{self, Item};

use super::letter::Route;
use super::live::Role;
use super::{People, Person, contact_id};

/// A hop: held back, offered, opened.
const HOP_MS: u64 = OWN_HOLD_MS_MAX + OPEN_DELAY_MS.end + 200;

/// Somebody with a card of their own and that of a victim.
struct Stranger {
    identity: Identity,
    card: Card,
}

impl Stranger {
    fn new(number: u64) -> Self {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let identity = Identity::from_seed(&Secret::take(&mut seed));
        let card = identity.card([9; 32], &format!("stranger {number}"));
        let card = card.unwrap();
        Self { identity, card }
    }

    /// A knock with keys of its own each time, at the door of an engine.
    fn knock(&self, crowd: &Crowd, number: u64) -> Envelope {
        self.begin(crowd, number).0
    }

    /// The same, and what the stranger keeps of it.
    fn begin(&self, crowd: &Crowd, number: u64) -> (Envelope, Started) {
        let victim = people(&crowd.engines[0]);
        let today = crowd.now().wall.day();
        let bundle = bundle(&victim.identity, &victim.prekeys[&today]);
        self.begin_at(crowd, number, Target::Bundle(&bundle))
    }

    /// The same at any keys.
    fn begin_at(&self, crowd: &Crowd, number: u64, target: Target<'_>) -> (Envelope, Started) {
        let victim = people(&crowd.engines[0]);
        let today = crowd.now().wall.day();
        let mut rng = rng(number);
        let started = start(&self.identity, &self.card, &victim.card, target, &mut rng);
        let mut started = started.unwrap();
        let envelope = seal_knock(crowd, (number, today), &mut started);
        (envelope, started)
    }
}

/// The next message of a knock, with a number of its own.
fn seal_knock(crowd: &Crowd, (number, today): (u64, Day), started: &mut Started) -> Envelope {
    let victim = people(&crowd.engines[0]);
    let mut rng = rng(number ^ 1 << 32);
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: format!("knock {number}").into_bytes(),
    };
    let inner = Inner {
        kind: KIND_ITEMS,
        message_id: MessageId([u8::try_from(number % 251).unwrap(); 16]),
        sent: crowd.now().wall,
        name: String::new(),
        body: items::encode(&[Item::Numbering(number + 1), Item::Text(part)]),
        numbers: Numbers {
            seq: 1,
            ..Numbers::default()
        },
    };
    let header = Header {
        class: Class::Text,
        expiry: crowd.now().wall.plus_ms(DAY_MS / 2).tick(),
    };
    let day = CardDay::new(&victim.card, today);
    let data = inner.encode().unwrap();
    let session = &mut started.session;
    let sealed = started
        .knock
        .seal(session, &day, header.encode(), &data, &mut rng);
    Envelope::parse(sealed.unwrap().envelope).unwrap()
}

fn people(engine: &Engine) -> &People {
    engine.profile.as_ref().unwrap().people.as_ref().unwrap()
}

fn person(engine: &mut Engine, contact: ContactId) -> &mut Person {
    let people = engine.profile.as_mut().unwrap().people.as_mut().unwrap();
    people.persons.get_mut(&contact).unwrap()
}

/// Hands a knock to an engine as if it had just been taken out of the relay store.
fn knock_at(crowd: &mut Crowd, envelope: &Envelope) {
    let now = crowd.now();
    let day = now.wall.day();
    let engine = &mut crowd.engines[0];
    let done =
        engine.with_profile(|engine, profile| engine.open_knock(now, profile, envelope, day));
    done.unwrap();
    crowd.drain(0);
}

fn ask(crowd: &mut Crowd, engine: usize, ask: PeopleCommand) -> Answer {
    crowd.ask(engine, Request::People(ask)).unwrap()
}

fn card_of(crowd: &mut Crowd, engine: usize) -> String {
    match ask(crowd, engine, PeopleCommand::ShareCard) {
        Answer::Card { link } => link.0,
        other => panic!("{other:?}"),
    }
}

/// Two linked people who added each other and have heard from each other. What each
/// calls the other, and their conversation.
fn friends() -> (Crowd, [ContactId; 2], ConversationId) {
    let mut crowd = Crowd::new(2);
    crowd.link(0, 1);
    let cards = [card_of(&mut crowd, 0), card_of(&mut crowd, 1)];
    let mut met = Vec::new();
    for (engine, card) in [(0, &cards[1]), (1, &cards[0])] {
        let link = card.clone().into();
        let add = PeopleCommand::Add {
            link,
            petname: None,
        };
        match ask(&mut crowd, engine, add) {
            Answer::Contact {
                contact,
                conversation,
            } => met.push((contact, conversation)),
            other => panic!("{other:?}"),
        }
    }
    crowd.run(2_000);
    crowd.say(0, met[0].1, "hello");
    crowd.run(30_000);
    crowd.say(1, met[0].1, "hello too");
    crowd.run(30_000);
    (crowd, [met[0].0, met[1].0], met[0].1)
}

fn state(crowd: &mut Crowd, of: ConversationId, text: &str) -> Delivery {
    let timeline = crowd.timeline(0, of);
    timeline.iter().find(|m| m.text == text).unwrap().state
}

#[test]
fn a_flood_of_strangers_rings_seldom_and_keeps_only_the_last() {
    let mut crowd = Crowd::new(1);
    card_of(&mut crowd, 0);
    let count = u64::try_from(REQUESTS_MAX).unwrap() + 1;
    for number in 0..count {
        let envelope = Stranger::new(number).knock(&crowd, number);
        knock_at(&mut crowd, &envelope);
    }
    let told = |event: &&Event| matches!(event, Event::ContactRequest { .. });
    let told = crowd.events[0].iter().filter(told).count();
    assert_eq!(told, REQUESTS_TOLD_PER_HOUR_MAX);
    let persons = &people(&crowd.engines[0]).persons;
    assert_eq!(persons.len(), REQUESTS_MAX);
    assert!(!persons.contains_key(&contact_id(&Stranger::new(0).card)));
    assert!(persons.contains_key(&contact_id(&Stranger::new(1).card)));
    assert!(people(&crowd.engines[0]).sessions.len() <= REQUESTS_MAX);
}

#[test]
fn one_person_begins_few_sessions_a_day_and_holds_fewer() {
    let mut crowd = Crowd::new(1);
    card_of(&mut crowd, 0);
    let stranger = Stranger::new(1);
    let contact = contact_id(&stranger.card);
    for number in 0..u64::from(KNOCKS_PER_DAY_MAX) + 3 {
        let envelope = stranger.knock(&crowd, number);
        knock_at(&mut crowd, &envelope);
        knock_at(&mut crowd, &envelope);
        let held = people(&crowd.engines[0]).sessions_with(contact).len();
        let begun = usize::try_from(number).unwrap() + 1;
        assert_eq!(held, begun.min(SESSIONS_PER_PERSON_MAX));
    }
    let conversation = person(&mut crowd.engines[0], contact).row.conversation;
    person(&mut crowd.engines[0], contact).row.standing = crate::types::Standing::Accepted;
    assert_eq!(
        crowd.timeline(0, conversation).len(),
        usize::from(KNOCKS_PER_DAY_MAX)
    );
}

#[test]
fn a_message_waits_for_an_earlier_one_and_not_for_ever() {
    let (mut crowd, [to, _], conversation) = friends();
    // A number that nobody will ever see.
    person(&mut crowd.engines[0], to).progress.next_seq();
    crowd.say(0, conversation, "after a gap");
    crowd.run(EARLY_WAIT_MS);
    assert!(!crowd.texts(1, conversation).contains(&"after a gap".into()));
    crowd.run(2 * HOP_MS);
    assert!(crowd.texts(1, conversation).contains(&"after a gap".into()));
}

#[test]
fn an_acknowledgement_alone_waits_longer_where_nobody_is_active() {
    let (mut crowd, _, conversation) = friends();
    for (is_active, span) in [(false, ACK_LATER_MS), (true, ACK_SOON_MS)] {
        crowd.run(ACK_ACTIVE_MS);
        if is_active {
            crowd.ask(1, Request::MarkSeen(conversation)).unwrap();
        }
        let text = format!("active {is_active}");
        crowd.say(0, conversation, &text);
        crowd.run(span.start);
        assert_ne!(state(&mut crowd, conversation, &text), Delivery::Delivered);
        crowd.run(span.end - span.start + 3 * HOP_MS);
        assert_eq!(state(&mut crowd, conversation, &text), Delivery::Delivered);
    }
}

#[test]
fn what_was_lost_is_sent_again_after_a_while() {
    let (mut crowd, [_, from], conversation) = friends();
    crowd.say(0, conversation, "lost");
    // It is held back still: nobody ever gets it.
    crowd.engines[0].outbox.retain(|_| false);
    crowd.say(0, conversation, "comes");
    person(&mut crowd.engines[1], from).progress.active_at = crowd.now().wall;
    crowd.run(RESEND_AFTER_MS / 2);
    assert!(!crowd.texts(1, conversation).contains(&"lost".into()));
    for _ in 0..12 {
        crowd.run(RESEND_AFTER_MS / 2);
        crowd.say(1, conversation, "still nothing?");
    }
    assert!(crowd.texts(1, conversation).contains(&"lost".into()));
    assert_eq!(state(&mut crowd, conversation, "lost"), Delivery::Delivered);
}

#[test]
fn what_nobody_took_for_a_week_is_given_up_and_nobody_waits_for_it() {
    let (mut crowd, [to, _], conversation) = friends();
    let links = crowd.links_of(0);
    links.into_iter().for_each(|link| crowd.cut(0, link));
    crowd.say(0, conversation, "too late");
    for _ in 0..RESEND_DAYS {
        crowd.run(DAY_MS);
    }
    assert_eq!(person(&mut crowd.engines[0], to).unacked.len(), 1);
    crowd.run(DAY_MS);
    assert!(person(&mut crowd.engines[0], to).unacked.is_empty());
    crowd.link(0, 1);
    crowd.run(10_000);
    for number in 0..3 {
        crowd.say(0, conversation, &format!("now {number}"));
    }
    crowd.run(10 * HOP_MS);
    let texts = crowd.texts(1, conversation);
    assert!(texts.contains(&"now 0".into()), "{texts:?}");
    crowd.run(ACK_LATER_MS.end);
    assert_eq!(
        state(&mut crowd, conversation, "now 2"),
        Delivery::Delivered
    );
    assert_eq!(
        state(&mut crowd, conversation, "too late"),
        Delivery::Waiting
    );
}

#[test]
fn room_is_kept_for_what_is_new_and_who_only_reads_never_runs_out() {
    let (mut crowd, [to, from], conversation) = friends();
    let session = people(&crowd.engines[0]).sending_session(to).unwrap();
    let now = crowd.now();
    let seal = |crowd: &mut Crowd, count: u32| {
        let done = crowd.engines[0].with_profile(|engine, profile| {
            (0..count).try_for_each(|_| {
                engine.send_acknowledgement(now, profile, to, Route::Session(session))
            })
        });
        done.unwrap();
    };
    let room = people(&crowd.engines[0]).sessions[&session].session.room();
    seal(&mut crowd, room - RESEND_ROOM_MIN);
    let profile = crowd.engines[0].profile.as_ref().unwrap();
    assert!(profile.has_room(to, RESEND_ROOM_MIN) && !profile.has_room(to, RESEND_ROOM_MIN + 1));
    // Each turn of the other side's chain acknowledges what went before our last turn,
    // whatever was said.
    for round in 0..4 {
        crowd.run(20_000);
        crowd.say(1, conversation, &format!("round {round}"));
        crowd.run(20_000);
        let live = &people(&crowd.engines[0]).sessions[&session];
        let least = match round {
            0 => RESEND_ROOM_MIN - 16,
            _ => SESSION_UNACKNOWLEDGED_MAX / 2,
        };
        assert!(live.session.room() > least, "round {round}");
        person(&mut crowd.engines[0], to).progress.active_at = crowd.now().wall;
        person(&mut crowd.engines[1], from).progress.active_at = crowd.now().wall;
        seal(&mut crowd, 300);
    }
}

#[test]
fn a_session_that_only_opens_is_forgotten_after_days() {
    let (mut crowd, [to, _], _) = friends();
    let session = people(&crowd.engines[0]).sending_session(to).unwrap();
    let now = crowd.now();
    let engine = &mut crowd.engines[0];
    let people = engine.profile.as_mut().unwrap().people.as_mut().unwrap();
    people.sessions.get_mut(&session).unwrap().role = Role::Receives { since: now.wall.0 };
    for (days, is_there) in [
        (SESSION_RECEIVES_DAYS, true),
        (SESSION_RECEIVES_DAYS + 1, false),
    ] {
        let later = crate::types::Now {
            wall: Wall(now.wall.0 + days * DAY_MS),
            ..now
        };
        let done = engine.with_profile(|engine, profile| engine.tidy_people(later, profile));
        done.unwrap();
        let people = engine.profile.as_ref().unwrap().people.as_ref().unwrap();
        assert_eq!(people.sessions.contains_key(&session), is_there);
    }
}

#[test]
fn keys_for_strangers_leave_soon_after_a_start() {
    let mut crowd = Crowd::new(1);
    card_of(&mut crowd, 0);
    crowd.run(DAY_MS);
    crowd.restart(0);
    let started = people(&crowd.engines[0]).reachable.publish_at;
    // Published today already, or due within the time after a start.
    let soon = crowd
        .now()
        .mono
        .plus_ms(PUBLISH_AFTER_START_MS.max(DAY_MS / 2));
    assert!(started.is_none_or(|at| at <= soon));
    let mut fresh = Crowd::new(1);
    let engine = &mut fresh.engines[0];
    engine
        .profile
        .as_mut()
        .unwrap()
        .people
        .as_mut()
        .unwrap()
        .reachable
        .is_on = true;
    let now = crate::types::Now {
        mono: crate::types::Mono(0),
        wall: Wall(20_780 * DAY_MS),
    };
    engine
        .with_profile(|engine, profile| engine.plan_keys(now, profile))
        .unwrap();
    let at = people(&fresh.engines[0]).reachable.publish_at.unwrap();
    assert!(at.0 < PUBLISH_AFTER_START_MS, "{at:?}");
}
