//! People who are not contacts yet, or not any more.

use super::*;
use crate::limits::REQUEST_MESSAGES_MAX;

/// 0 has the card of 1 and wrote; 1 has not answered.
fn asking() -> (Crowd, ConversationId) {
    let mut crowd = Crowd::new(2);
    crowd.link(0, 1);
    let link = crowd.card(1);
    let (_, conversation) = crowd.add(0, &link);
    crowd.say(0, conversation, "hello");
    crowd.run(10_000);
    assert_eq!(crowd.requests(1).len(), 1);
    (crowd, conversation)
}

#[test]
fn whoever_was_declined_and_writes_again_asks_again_with_everything_unanswered() {
    let (mut crowd, conversation) = asking();
    let request = crowd.requests(1)[0].request;
    let declined = crowd.people(1, PeopleCommand::Decline { request });
    assert_eq!(declined, Ok(Answer::Done));
    assert!(crowd.requests(1).is_empty());
    crowd.run(HOUR_MS);
    assert!(crowd.requests(1).is_empty());
    crowd.say(0, conversation, "please");
    crowd.run(60_000);
    assert_eq!(crowd.requests(1)[0].text, Redacted("please".into()));
    crowd.accept(1);
    crowd.run(120_000);
    assert_eq!(crowd.texts(1, conversation), ["hello", "please"]);
    for text in ["hello", "please"] {
        assert_eq!(crowd.state(0, conversation, text), Delivery::Delivered);
    }
}

#[test]
fn what_was_declined_comes_again_with_the_next_knock() {
    let (mut crowd, conversation) = asking();
    let request = crowd.requests(1)[0].request;
    let declined = crowd.people(1, PeopleCommand::Decline { request });
    assert_eq!(declined, Ok(Answer::Done));
    crowd.restart(1);
    crowd.link(0, 1);
    for _ in 0..3 {
        crowd.run(DAY_MS);
    }
    assert_eq!(crowd.requests(1)[0].text, Redacted("hello".into()));
    crowd.accept(1);
    crowd.run(60_000);
    assert_eq!(crowd.texts(1, conversation), ["hello"]);
    assert_eq!(crowd.state(0, conversation, "hello"), Delivery::Delivered);
}

#[test]
fn whoever_asks_at_length_is_heard_in_full_once_accepted() {
    let (mut crowd, conversation) = asking();
    let mut expected = vec!["hello".to_owned()];
    for number in 0..REQUEST_MESSAGES_MAX + 4 {
        let text = format!("number {number:02}");
        crowd.say(0, conversation, &text);
        expected.push(text);
        if expected.len() == REQUEST_MESSAGES_MAX {
            crowd.run(60_000);
        }
    }
    crowd.run(60_000);
    crowd.accept(1);
    assert_eq!(
        crowd.lines(1, conversation),
        expected[..REQUEST_MESSAGES_MAX]
    );
    crowd.run(10 * 60_000);
    assert_eq!(crowd.texts(1, conversation), expected);
    for text in &expected {
        assert_eq!(crowd.state(0, conversation, text), Delivery::Delivered);
    }
}
