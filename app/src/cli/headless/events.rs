//! How each event of the node looks as the parameters of a notification.

use mesh_core::api::{Event, LinkView};
use mesh_core::types::{
    Author, ConversationId, Delivery, LinkKind, Marks, Message, MessageClass, MessageId,
};
use serde_json::{Value, json};

/// Emoji of one message that are told: more of them would not fit beside its text.
const REACTIONS_MAX: usize = 32;

/// The parameters of the `event` notification; `None` for answers, which are
/// no events to a client. [`more`] may add a second one.
pub(super) fn params(event: &Event) -> Option<Value> {
    Some(match event {
        Event::Ready { listen } => json!({"type": "ready", "listen": listen}),
        Event::Listening { listen } => json!({"type": "listening", "listen": listen}),
        Event::LinkUp(view) => typed("link.up", link(view)),
        Event::LinkDown { link } => json!({"type": "link.down", "link": link.0}),
        Event::MessageReceived(message) => whole("message.received", message),
        Event::MessageChanged(message) => whole("message.changed", message),
        Event::MessageRemoved {
            conversation,
            message_id,
        } => about("message.removed", *conversation, *message_id),
        Event::GroupJoined { conversation, name } => json!({
            "type": "group.joined",
            "conversation": conversation.to_string(),
            "name": name.0,
        }),
        Event::GroupChanged { conversation } => json!({
            "type": "group.changed",
            "conversation": conversation.to_string(),
        }),
        Event::MessageState {
            conversation,
            message_id,
            state,
        } => json!({
            "type": "message.state",
            "conversation": conversation.to_string(),
            "message_id": message_id.to_string(),
            "state": delivery(*state),
        }),
        Event::ConversationsChanged => json!({"type": "conversations.changed"}),
        Event::ContactRequest { request, name } => json!({
            "type": "contact.request",
            "request": request.to_string(),
            "name": name.0,
        }),
        Event::Introduction {
            from,
            contact,
            name,
        } => json!({
            "type": "contact.introduction",
            "from": from.to_string(),
            "contact": contact.to_string(),
            "name": name.0,
        }),
        Event::Locked => json!({"type": "locked"}),
        Event::Unlocked => json!({"type": "unlocked"}),
        Event::ContactsChanged => json!({"type": "contacts.changed"}),
        Event::StatusChanged => json!({"type": "status.changed"}),
        Event::Missed => json!({"type": "events.lost"}),
        Event::Stopped { error } => json!({"type": "stopped", "error": error}),
        Event::Answer { .. } => return None,
    })
}

/// The parameters of the notification that follows the one of [`params`]: what became
/// of a message to a person has a name of its own.
pub(super) fn more(event: &Event) -> Option<Value> {
    let Event::MessageState {
        conversation,
        message_id,
        state,
    } = event
    else {
        return None;
    };
    let kind = match state {
        Delivery::Delivered => "message.delivered",
        Delivery::Read => "message.read",
        Delivery::Waiting | Delivery::WithMesh | Delivery::Received => return None,
    };
    Some(about(kind, *conversation, *message_id))
}

/// Names a message.
fn about(kind: &str, conversation: ConversationId, message_id: MessageId) -> Value {
    json!({
        "type": kind,
        "conversation": conversation.to_string(),
        "message_id": message_id.to_string(),
    })
}

/// A whole message, and where it is.
fn whole(kind: &str, shown: &Message) -> Value {
    let mut params = typed(kind, message(shown));
    if let Some(fields) = params.as_object_mut() {
        let conversation = shown.conversation.to_string();
        fields.insert("conversation".into(), conversation.into());
    }
    params
}

/// Tells a client that was too slow how many events it missed.
pub(super) fn lost(count: u64) -> Value {
    json!({"type": "events.lost", "count": count})
}

/// A message as `messages.list` and `message.received` show it: of what stands beside
/// the text only what is there.
pub(super) fn message(message: &Message) -> Value {
    let mut shown = json!({
        "message_id": message.message_id.to_string(),
        "from": author(&message.from),
        "class": class(message.class),
        "text": message.text,
        "written_at": message.written_at.0,
        "received_at": message.received_at.0,
        "state": delivery(message.state),
    });
    if let Some(fields) = shown.as_object_mut() {
        for (name, value) in marks(&message.marks) {
            fields.insert(name.into(), value);
        }
    }
    shown
}

fn marks(marks: &Marks) -> impl Iterator<Item = (&'static str, Value)> {
    let reactions: Vec<Value> = marks
        .reactions
        .iter()
        .take(REACTIONS_MAX)
        .map(|one| json!({"emoji": one.emoji, "count": one.count, "own": one.own}))
        .collect();
    let is = |holds: bool| holds.then_some(Value::Bool(true));
    let reach = marks.reach;
    [
        ("reply_to", marks.reply_to.map(|id| id.to_string().into())),
        ("mentions_us", is(marks.mentions_us)),
        ("edited_at", marks.edited_at.map(|at| at.0.into())),
        ("withdrawn", is(marks.is_withdrawn)),
        ("disappears_at", marks.disappears_at.map(|at| at.0.into())),
        (
            "reactions",
            (!reactions.is_empty()).then_some(Value::Array(reactions)),
        ),
        (
            "reach",
            reach.map(|reach| json!({"came": reach.came, "of": reach.of})),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// A link as `mesh.links` and `link.up` show it.
pub(super) fn link(view: &LinkView) -> Value {
    let mut link = json!({
        "link": view.link.0,
        "kind": link_kind(view.kind),
        "since_ms": view.since.0,
        "bytes_in": view.bytes_in,
        "bytes_out": view.bytes_out,
    });
    if let (Some(fields), Some(address)) = (link.as_object_mut(), &view.address) {
        fields.insert("address".into(), address.0.clone().into());
    }
    link
}

/// The stable name of a kind of link.
pub(super) fn link_kind(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Lan => "lan",
        LinkKind::Ble => "ble",
        LinkKind::Courier => "courier",
    }
}

/// The stable name of a class of messages.
pub(super) fn class(class: MessageClass) -> &'static str {
    match class {
        MessageClass::Text => "text",
        MessageClass::Sos => "sos",
    }
}

fn delivery(state: Delivery) -> &'static str {
    match state {
        Delivery::Waiting => "waiting",
        Delivery::WithMesh => "with_mesh",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Received => "received",
    }
}

fn author(author: &Author) -> Value {
    let badge: String = author
        .badge
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({"name": author.name, "badge": badge, "own": author.own})
}

fn typed(name: &str, mut params: Value) -> Value {
    if let Some(fields) = params.as_object_mut() {
        fields.insert("type".into(), name.into());
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use mesh_core::api::{Answer, CommandError};
    use mesh_core::types::{ContactId, LinkId, Reach, Reaction, RequestId, Wall};

    fn sample() -> Message {
        Message {
            conversation: ConversationId([1; 16]),
            message_id: MessageId([2; 16]),
            from: Author {
                name: "Ana".into(),
                badge: [0xab; 8],
                own: false,
            },
            class: MessageClass::Sos,
            text: "hello".into(),
            written_at: Wall(5),
            received_at: Wall(6),
            expires_at: Wall(7),
            state: Delivery::Received,
            marks: Marks::default(),
        }
    }

    #[test]
    fn what_stands_beside_a_text_is_told_with_it_and_bounded() {
        let reaction = |number: usize| Reaction {
            emoji: format!("\u{1}{number}"),
            count: 2,
            own: number == 0,
        };
        let mut changed = sample();
        changed.marks = Marks {
            reply_to: Some(MessageId([3; 16])),
            mentions_us: true,
            edited_at: Some(Wall(8)),
            is_withdrawn: true,
            disappears_at: Some(Wall(9)),
            reactions: (0..200).map(reaction).collect(),
            reach: Some(Reach { came: 3, of: 7 }),
        };
        let told = params(&Event::MessageChanged(changed)).unwrap();
        assert_eq!(told["type"], "message.changed");
        assert_eq!(told["conversation"], "01".repeat(16));
        assert_eq!(told["reply_to"], "03".repeat(16));
        assert_eq!(told["edited_at"], 8);
        assert_eq!(told["disappears_at"], 9);
        assert_eq!(told["reach"], json!({"came": 3, "of": 7}));
        for flag in ["mentions_us", "withdrawn"] {
            assert_eq!(told[flag], true, "{flag}");
        }
        let reactions = told["reactions"].as_array().unwrap();
        assert_eq!(reactions.len(), REACTIONS_MAX);
        let first = json!({"emoji": "\u{1}0", "count": 2, "own": true});
        assert_eq!(reactions[0], first);
    }

    #[test]
    fn removed_messages_and_groups_are_told_by_id() {
        let (conversation, message_id) = (ConversationId([1; 16]), MessageId([2; 16]));
        let id = "01".repeat(16);
        for (event, told) in [
            (
                Event::MessageRemoved {
                    conversation,
                    message_id,
                },
                json!({"type": "message.removed", "conversation": id,
                       "message_id": "02".repeat(16)}),
            ),
            (
                Event::GroupJoined {
                    conversation,
                    name: "medics".to_owned().into(),
                },
                json!({"type": "group.joined", "conversation": id, "name": "medics"}),
            ),
            (
                Event::GroupChanged { conversation },
                json!({"type": "group.changed", "conversation": id}),
            ),
        ] {
            assert_eq!((params(&event), more(&event)), (Some(told), None));
        }
    }

    #[test]
    fn received_message_carries_all_promised_fields() {
        assert_eq!(
            params(&Event::MessageReceived(sample())),
            Some(json!({
                "type": "message.received",
                "conversation": "01".repeat(16),
                "message_id": "02".repeat(16),
                "from": {"name": "Ana", "badge": "ab".repeat(8), "own": false},
                "class": "sos",
                "text": "hello",
                "written_at": 5,
                "received_at": 6,
                "state": "received",
            }))
        );
    }

    #[test]
    fn delivery_and_reading_are_told_by_name_too() {
        let (conversation, message_id) = (ConversationId([1; 16]), MessageId([2; 16]));
        for (state, kind) in [
            (Delivery::WithMesh, None),
            (Delivery::Delivered, Some("message.delivered")),
            (Delivery::Read, Some("message.read")),
        ] {
            let event = Event::MessageState {
                conversation,
                message_id,
                state,
            };
            assert_eq!(params(&event).unwrap()["type"], "message.state");
            let expected = kind.map(|kind| {
                json!({"type": kind, "conversation": "01".repeat(16),
                       "message_id": "02".repeat(16)})
            });
            assert_eq!(more(&event), expected);
        }
    }

    #[test]
    fn stranger_who_writes_is_told_with_id_and_name() {
        let event = Event::ContactRequest {
            request: ContactId([3; 16]),
            name: "Ana".to_owned().into(),
        };
        let told = json!({"type": "contact.request", "request": "03".repeat(16), "name": "Ana"});
        assert_eq!((params(&event), more(&event)), (Some(told), None));
    }

    #[test]
    fn ready_lists_addresses_and_may_be_empty() {
        assert_eq!(
            params(&Event::Ready { listen: Vec::new() }),
            Some(json!({"type": "ready", "listen": []}))
        );
    }

    #[test]
    fn link_without_an_address_has_no_such_field() {
        let mut view = LinkView {
            link: LinkId(4),
            kind: LinkKind::Lan,
            address: None,
            since: Wall(9),
            bytes_in: 1,
            bytes_out: 2,
        };
        let up = params(&Event::LinkUp(view.clone())).unwrap();
        assert_eq!(
            up,
            json!({"type": "link.up", "link": 4, "kind": "lan", "since_ms": 9,
                   "bytes_in": 1, "bytes_out": 2})
        );
        view.address = Some("10.0.0.1:7".to_owned().into());
        assert_eq!(link(&view).get("address"), Some(&json!("10.0.0.1:7")));
    }

    #[test]
    fn answers_are_no_events() {
        for result in [Ok(Answer::Done), Err(CommandError::Phrase)] {
            let request = RequestId(1);
            assert_eq!(params(&Event::Answer { request, result }), None);
        }
    }
}
