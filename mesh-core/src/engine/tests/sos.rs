//! Calls for help, and lifetimes that an author chose.

use super::crowd::Crowd;
use crate::api::{Answer, CommandError, Event};
use crate::crypto::channel::{ChannelName, ChannelRoot, Pseudonym};
use crate::crypto::seal::{PostSeal, seal_post};
use crate::engine::{Draft, Input, Request};
use crate::limits::{
    OPEN_DELAY_MS, OWN_SOS_HOLD_MS_MAX, SOS_BYTES_MAX, SOS_LIFETIME_MS, TEXT_LIFETIME_MS,
    TEXT_LIFETIME_MS_MAX, TEXT_LIFETIME_MS_MIN, TICK_MS,
};
use crate::link::put_frame;
use crate::redact::Redacted;
use crate::types::{
    ConversationId, Lifetime, LinkId, LinkInfo, LinkKind, LinkShape, MessageClass, MessageId,
};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::frame::{Hello, Record, encode_record};
use crate::wire::inner::{Inner, TextPart};

const HOUR_MS: u64 = 3_600_000;

fn sos(text: &str) -> Draft {
    Draft {
        text: Redacted(text.to_owned()),
        class: MessageClass::Sos,
        lifetime: None,
        reply_to: None,
        mentions: Vec::new(),
    }
}

fn send(
    crowd: &mut Crowd,
    conversation: ConversationId,
    draft: Draft,
) -> Result<Answer, CommandError> {
    crowd.ask(0, Request::Send(conversation, draft))
}

#[test]
fn an_sos_crosses_a_chain_at_once_and_is_shown_as_one() {
    let mut crowd = Crowd::new(4);
    let ids: Vec<_> = (0..4).map(|person| crowd.join(person, "nearby")).collect();
    (0..3).for_each(|person| _ = crowd.link(person, person + 1));
    crowd.run(1_000);
    send(&mut crowd, ids[0], sos("two hurt at the fountain")).unwrap();
    // No relay waits: only the author's hold, and the reader's before opening.
    crowd.run(OWN_SOS_HOLD_MS_MAX + OPEN_DELAY_MS.end);
    for (person, id) in ids.iter().enumerate() {
        let shown = crowd.timeline(person, *id);
        assert_eq!(shown.len(), 1, "person {person}");
        assert_eq!(shown[0].class, MessageClass::Sos);
        assert_eq!(shown[0].text, "two hurt at the fountain");
    }
    let told =
        |event: &Event| matches!(event, Event::MessageReceived(m) if m.class == MessageClass::Sos);
    assert!(crowd.events[3].iter().any(told));
}

#[test]
fn an_sos_of_the_longest_text_arrives_whole_and_a_longer_one_is_refused() {
    let mut crowd = Crowd::new(2);
    let ids: Vec<_> = (0..2).map(|person| crowd.join(person, "nearby")).collect();
    crowd.link(0, 1);
    let text = "é".repeat(SOS_BYTES_MAX / 2);
    send(&mut crowd, ids[0], sos(&text)).unwrap();
    crowd.run(2_000);
    let shown = crowd.timeline(1, ids[1]);
    assert_eq!((shown[0].text.as_str(), shown.len()), (text.as_str(), 1));
    assert_eq!(shown[0].class, MessageClass::Sos);
    let (bytes, max) = (SOS_BYTES_MAX + 1, SOS_BYTES_MAX);
    assert_eq!(
        send(&mut crowd, ids[0], sos(&(text + "!"))),
        Err(CommandError::SosTooLong { bytes, max })
    );
    assert_eq!(
        send(&mut crowd, ids[0], sos(" \n")),
        Err(CommandError::TextEmpty)
    );
}

#[test]
fn an_sos_has_a_lifetime_of_its_own() {
    let mut crowd = Crowd::new(1);
    let nearby = crowd.join(0, "nearby");
    let draft = Draft {
        lifetime: Some(Lifetime::Long),
        ..sos("help")
    };
    assert_eq!(
        send(&mut crowd, nearby, draft),
        Err(CommandError::SosLifetime { hours: 6 })
    );
    send(&mut crowd, nearby, sos("help")).unwrap();
    assert_lives(&mut crowd, nearby, SOS_LIFETIME_MS);
}

#[test]
fn a_text_lives_as_long_as_its_author_chose() {
    for (lifetime, lifetime_ms) in [
        (None, TEXT_LIFETIME_MS),
        (Some(Lifetime::Short), TEXT_LIFETIME_MS_MIN),
        (Some(Lifetime::Day), TEXT_LIFETIME_MS),
        (Some(Lifetime::Long), TEXT_LIFETIME_MS_MAX),
    ] {
        let mut crowd = Crowd::new(1);
        let nearby = crowd.join(0, "nearby");
        let text = Draft::text(Redacted("hello".to_owned()));
        send(&mut crowd, nearby, Draft { lifetime, ..text }).unwrap();
        assert_lives(&mut crowd, nearby, lifetime_ms);
    }
}

/// The only message expires between nine tenths of the lifetime and all of it.
fn assert_lives(crowd: &mut Crowd, conversation: ConversationId, lifetime_ms: u64) {
    let now = crowd.now().wall;
    let shown = crowd.timeline(0, conversation);
    let left = shown[0].expires_at.0 - now.0;
    let least = lifetime_ms / 10 * 9 - TICK_MS;
    assert!(
        (least..=lifetime_ms).contains(&left),
        "{left} of {lifetime_ms}"
    );
}

/// Whoever can read a channel can take a post and seal it again under the other
/// class: to make a false alarm of it, or to slow a true one down. What the author
/// signed decides.
#[test]
fn a_post_sealed_again_under_another_class_keeps_what_its_author_wrote() {
    const LINK: LinkId = LinkId(1_000);
    for (class, header) in [
        (MessageClass::Text, Class::Sos),
        (MessageClass::Sos, Class::Text),
    ] {
        let mut crowd = Crowd::new(1);
        let nearby = crowd.join(0, "nearby");
        let info = LinkInfo {
            kind: LinkKind::Lan,
            outbound: false,
            shape: LinkShape::Pipe,
            address: None,
        };
        crowd.give(0, vec![Input::LinkUp { link: LINK, info }]);
        let envelope = post(&crowd, class, header);
        let offer = Record::Offer {
            class: header,
            ids: vec![envelope.id()],
        };
        for record in [hello(), offer, Record::Push(envelope)] {
            let mut frame = Vec::new();
            encode_record(&mut frame, &record);
            let mut bytes = Vec::new();
            put_frame(&mut bytes, &frame);
            crowd.give(0, vec![Input::Received { link: LINK, bytes }]);
        }
        crowd.run(1_000);
        let shown = crowd.timeline(0, nearby);
        assert_eq!(shown.len(), 1, "{class:?}");
        assert_eq!(shown[0].class, class);
    }
}

fn hello() -> Record {
    Record::Hello(Hello {
        frame_bytes_max: 16_384,
        random: [0; 32],
        clock_quarters: 0,
        held_log2: [0; 4],
    })
}

/// A post in `nearby` whose header says another class than its author.
fn post(crowd: &Crowd, class: MessageClass, header: Class) -> Envelope {
    let now = crowd.now().wall;
    let header = Header {
        class: header,
        expiry: now.plus_ms(HOUR_MS).tick(),
    };
    let root = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: b"at the bridge".to_vec(),
    };
    let seal = PostSeal {
        day: &root.day(now.day()),
        pseudonym: &Pseudonym::from_seed(&[77; 32]),
        header: header.encode(),
        slot: 3,
        nonce: [7; 24],
        envelope_bytes: 480,
    };
    let inner = Inner::piece(class, MessageId([5; 16]), now, "Ana", &part);
    Envelope::parse(seal_post(&seal, &inner).unwrap()).unwrap()
}
