//! What somebody who only asks may make us keep, driven past.

use super::*;
use crate::crypto::session::Session;
use crate::limits::{ENVELOPE_BYTES_MEDIUM, REQUEST_BYTES_MAX, REQUEST_MESSAGES_MAX};

/// A stranger whose knock was answered by nobody goes on in the session of it.
struct Asking {
    crowd: Crowd,
    contact: ContactId,
    session_id: [u8; 32],
    session: Session,
    seq: u32,
}

impl Asking {
    fn new() -> Self {
        let mut crowd = Crowd::new(1);
        card_of(&mut crowd, 0);
        let stranger = Stranger::new(1);
        let (envelope, started) = stranger.begin(&crowd, 1);
        knock_at(&mut crowd, &envelope);
        Self {
            crowd,
            contact: contact_id(&stranger.card),
            session_id: started.agreed.session_id,
            session: started.session,
            seq: 1,
        }
    }

    fn say(&mut self, part: TextPart) {
        self.seq += 1;
        let mut id = [0; 16];
        id[..4].copy_from_slice(&self.seq.to_le_bytes());
        let now = self.crowd.now();
        let inner = Inner {
            kind: KIND_ITEMS,
            message_id: MessageId(id),
            sent: now.wall,
            name: String::new(),
            body: items::encode(&[Item::Numbering(2), Item::Text(part)]),
            numbers: Numbers {
                seq: self.seq,
                ..Numbers::default()
            },
        };
        let header = Header {
            class: Class::Text,
            expiry: now.wall.plus_ms(DAY_MS / 2).tick(),
        };
        let data = inner.encode().unwrap();
        let mut rng = rng(u64::from(self.seq));
        let header = header.encode();
        let sealed = self
            .session
            .seal(&mut rng, header, ENVELOPE_BYTES_MEDIUM, &data)
            .unwrap();
        let envelope = Envelope::parse(sealed.envelope).unwrap();
        let session = self.session_id;
        let engine = &mut self.crowd.engines[0];
        let done = engine.with_profile(|engine, profile| {
            engine.open_direct(now, profile, &envelope, &session, None)
        });
        done.unwrap();
        self.crowd.drain(0);
    }

    /// Messages and bytes of pieces.
    fn kept(&mut self) -> (usize, u64) {
        let conversation = person(&mut self.crowd.engines[0], self.contact)
            .row
            .conversation;
        let store = &self.crowd.engines[0].profile.as_ref().unwrap().store;
        let (rows, _) = store.timeline(conversation, None, 500).unwrap().unwrap();
        (rows.len(), store.part_bytes(conversation).unwrap())
    }
}

#[test]
fn of_somebody_who_asks_few_messages_are_kept() {
    let mut asking = Asking::new();
    for number in 0..REQUEST_MESSAGES_MAX + 5 {
        let part = TextPart {
            index: 0,
            count: 1,
            bytes: format!("number {number}").into_bytes(),
        };
        asking.say(part);
    }
    assert_eq!(asking.kept().0, REQUEST_MESSAGES_MAX);
    // The others will come again: nothing was said to have come.
    let progress = &person(&mut asking.crowd.engines[0], asking.contact).progress;
    let kept = u32::try_from(REQUEST_MESSAGES_MAX).unwrap();
    assert_eq!(progress.received.missing(), kept + 1);
}

#[test]
fn of_somebody_who_asks_few_bytes_are_kept() {
    let mut asking = Asking::new();
    let piece = 1_500;
    let room = REQUEST_BYTES_MAX / piece;
    for _ in 0..room + 5 {
        let part = TextPart {
            index: 0,
            count: 2,
            bytes: vec![b'x'; usize::try_from(piece).unwrap()],
        };
        asking.say(part);
    }
    let (messages, bytes) = asking.kept();
    assert_eq!(messages, 1);
    assert!(bytes <= REQUEST_BYTES_MAX && bytes > REQUEST_BYTES_MAX - 2 * piece);
}

#[test]
fn a_declined_knock_brought_again_asks_nothing_and_its_next_text_does() {
    let mut crowd = Crowd::new(1);
    card_of(&mut crowd, 0);
    let stranger = Stranger::new(1);
    let (envelope, mut started) = stranger.begin(&crowd, 1);
    let today = crowd.now().wall.day();
    let next = seal_knock(&crowd, (2, today), &mut started);
    let request = contact_id(&stranger.card);
    knock_at(&mut crowd, &envelope);
    ask(&mut crowd, 0, PeopleCommand::Decline { request });
    let is_asking = |crowd: &Crowd| people(&crowd.engines[0]).persons.contains_key(&request);
    knock_at(&mut crowd, &envelope);
    assert!(!is_asking(&crowd));
    knock_at(&mut crowd, &next);
    assert!(is_asking(&crowd));
    ask(&mut crowd, 0, PeopleCommand::Decline { request });
    for again in [&envelope, &next] {
        knock_at(&mut crowd, again);
        assert!(!is_asking(&crowd));
    }
}
