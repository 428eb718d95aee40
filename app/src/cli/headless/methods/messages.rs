//! Methods about messages: writing, reading, and what is said of one afterwards.

use mesh_core::api::{Command, MessageCommand, Page, Query};
use mesh_core::types::{Lifetime, MessageClass, MessageId, RequestId};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::super::events;
use super::super::rpc::{LINE_BYTES_MAX, RpcError};
use super::groups::member_id;
use super::{ANSWER_FRAME_BYTES, conversation_id, read};

/// Messages in a page when the caller names no number.
const PAGE_MESSAGES_DEFAULT: u16 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendParams {
    conversation: String,
    text: String,
    class: Option<String>,
    lifetime_h: Option<u64>,
    reply_to: Option<String>,
    mentions: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParams {
    conversation: String,
    before: Option<String>,
    limit: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReactParams {
    conversation: String,
    message_id: String,
    emoji: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditParams {
    conversation: String,
    message_id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteParams {
    conversation: String,
    message_id: String,
    #[serde(rename = "for")]
    whom: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimerParams {
    conversation: String,
    // A timer must not end because the field was forgotten.
    #[serde(deserialize_with = "present")]
    seconds: Option<u32>,
}

/// Makes `null` a value, and nothing an error.
fn present<'a, D: Deserializer<'a>>(value: D) -> Result<Option<u32>, D::Error> {
    Deserialize::deserialize(value)
}

/// Reads a call about messages; gives the parameters back if it is about something else.
pub(super) fn command(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Result<Command, Map<String, Value>>, RpcError> {
    let about = |conversation: &str, message_id: &str, ask| -> Result<Command, RpcError> {
        Ok(Command::Message {
            request,
            conversation: conversation_id(conversation)?,
            message_id: self::message_id("message_id", message_id)?,
            ask,
        })
    };
    Ok(Ok(match method {
        "messages.send" => send(read(params)?, request)?,
        "messages.list" => {
            let query = timeline(read(params)?)?;
            Command::Query { request, query }
        }
        "messages.react" => {
            let params: ReactParams = read(params)?;
            let emoji = params.emoji.into();
            let ask = MessageCommand::React { emoji };
            about(&params.conversation, &params.message_id, ask)?
        }
        "messages.edit" => {
            let params: EditParams = read(params)?;
            let text = params.text.into();
            let ask = MessageCommand::Edit { text };
            about(&params.conversation, &params.message_id, ask)?
        }
        "messages.delete" => {
            let params: DeleteParams = read(params)?;
            let ask = match params.whom.as_deref() {
                None | Some("here") => MessageCommand::DeleteHere,
                Some("everybody") => MessageCommand::Withdraw,
                Some(_) => {
                    return Err(RpcError::params("\"for\" is \"here\" or \"everybody\"."));
                }
            };
            about(&params.conversation, &params.message_id, ask)?
        }
        "conversations.timer" => {
            let params: TimerParams = read(params)?;
            Command::SetTimer {
                request,
                conversation: conversation_id(&params.conversation)?,
                seconds: params.seconds,
            }
        }
        _ => return Ok(Err(params)),
    }))
}

fn send(params: SendParams, request: RequestId) -> Result<Command, RpcError> {
    let mentions = params.mentions.unwrap_or_default();
    let mentions = mentions.iter().map(|text| member_id("mentions", text));
    Ok(Command::Send {
        request,
        conversation: conversation_id(&params.conversation)?,
        text: params.text.into(),
        class: class(params.class.as_deref())?,
        lifetime: params.lifetime_h.map(lifetime).transpose()?,
        reply_to: params
            .reply_to
            .map(|text| message_id("reply_to", &text))
            .transpose()?,
        mentions: mentions.collect::<Result<_, _>>()?,
    })
}

/// Text unless said otherwise.
fn class(name: Option<&str>) -> Result<MessageClass, RpcError> {
    match name {
        None => Ok(MessageClass::Text),
        Some(name) => [MessageClass::Text, MessageClass::Sos]
            .into_iter()
            .find(|class| events::class(*class) == name)
            .ok_or_else(|| RpcError::params("\"class\" is \"text\" or \"sos\".")),
    }
}

fn lifetime(hours: u64) -> Result<Lifetime, RpcError> {
    Lifetime::of_hours(hours)
        .ok_or_else(|| RpcError::params("\"lifetime_h\" is 2, 24 or 72 (hours)."))
}

fn timeline(params: ListParams) -> Result<Query, RpcError> {
    let before = params.before.map(|text| message_id("before", &text));
    let limit = match params.limit {
        None => PAGE_MESSAGES_DEFAULT,
        Some(0) => return Err(RpcError::params("\"limit\" must be at least 1.")),
        // More than a page is cut to a page by the node.
        Some(limit) => u16::try_from(limit).unwrap_or(u16::MAX),
    };
    Ok(Query::Timeline {
        conversation: conversation_id(&params.conversation)?,
        before: before.transpose()?,
        limit,
    })
}

fn message_id(name: &str, text: &str) -> Result<MessageId, RpcError> {
    text.parse()
        .map_err(|error| RpcError::params(format!("\"{name}\": {error}.")))
}

/// The newest messages of the page that fit into one line; what was cut counts
/// as more.
pub(super) fn page_that_fits(page: &Page) -> Value {
    let mut room = LINE_BYTES_MAX - ANSWER_FRAME_BYTES;
    let mut messages: Vec<Value> = page
        .messages
        .iter()
        .rev()
        .map(events::message)
        .map_while(|message| {
            room = room.checked_sub(message.to_string().len() + 1)?;
            Some(message)
        })
        .collect();
    messages.reverse();
    let more = page.more || messages.len() < page.messages.len();
    json!({"messages": messages, "more": more})
}

#[cfg(test)]
mod tests {
    use mesh_core::types::{ConversationId, MemberId};

    use super::super::{Action, action};
    use super::*;

    const REQUEST: RequestId = RequestId(9);
    const ID: ConversationId = ConversationId([0x11; 16]);
    const MESSAGE: MessageId = MessageId([0x22; 16]);

    fn call(method: &str, more: Value) -> Result<Action, RpcError> {
        let mut params = json!({"conversation": ID.to_string()});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        let params = params.as_object().cloned().unwrap_or_default();
        action(method, params, REQUEST)
    }

    fn asked(ask: MessageCommand) -> Result<Action, RpcError> {
        Ok(Action::Command(Command::Message {
            request: REQUEST,
            conversation: ID,
            message_id: MESSAGE,
            ask,
        }))
    }

    #[test]
    fn reply_and_mentions_go_along_with_the_text() {
        let sent = call(
            "messages.send",
            json!({"text": "t", "reply_to": "22".repeat(16), "mentions": ["33".repeat(16)]}),
        );
        let expected = Command::Send {
            request: REQUEST,
            conversation: ID,
            text: "t".to_owned().into(),
            class: MessageClass::Text,
            lifetime: None,
            reply_to: Some(MESSAGE),
            mentions: vec![MemberId([0x33; 16])],
        };
        assert_eq!(sent, Ok(Action::Command(expected)));
    }

    #[test]
    fn message_is_reacted_to_changed_and_deleted_by_its_id() {
        let id = "22".repeat(16);
        let emoji = || "👍".to_owned().into();
        let text = || "t".to_owned().into();
        for (method, params, ask) in [
            (
                "messages.react",
                json!({"message_id": id, "emoji": "👍"}),
                MessageCommand::React { emoji: emoji() },
            ),
            (
                "messages.react",
                json!({"message_id": id, "emoji": ""}),
                MessageCommand::React {
                    emoji: String::new().into(),
                },
            ),
            (
                "messages.edit",
                json!({"message_id": id, "text": "t"}),
                MessageCommand::Edit { text: text() },
            ),
            (
                "messages.delete",
                json!({"message_id": id}),
                MessageCommand::DeleteHere,
            ),
            (
                "messages.delete",
                json!({"message_id": id, "for": "here"}),
                MessageCommand::DeleteHere,
            ),
            (
                "messages.delete",
                json!({"message_id": id, "for": "everybody"}),
                MessageCommand::Withdraw,
            ),
        ] {
            assert_eq!(call(method, params), asked(ask), "{method}");
        }
    }

    #[test]
    fn timer_is_a_number_of_seconds_or_null_and_never_forgotten() {
        for (seconds, expected) in [(json!(3_600), Some(3_600)), (json!(null), None)] {
            let expected = Command::SetTimer {
                request: REQUEST,
                conversation: ID,
                seconds: expected,
            };
            let set = call("conversations.timer", json!({"seconds": seconds}));
            assert_eq!(set, Ok(Action::Command(expected)));
        }
        for params in [json!({}), json!({"seconds": -1}), json!({"seconds": "1"})] {
            assert_eq!(
                call("conversations.timer", params).unwrap_err().code,
                -32_602
            );
        }
    }

    #[test]
    fn wrong_parameters_about_a_message_are_refused() {
        let id = "22".repeat(16);
        for (method, params) in [
            ("messages.send", json!({"text": "t", "reply_to": "22"})),
            ("messages.send", json!({"text": "t", "mentions": ["22"]})),
            ("messages.send", json!({"text": "t", "mentions": id})),
            ("messages.react", json!({"message_id": id})),
            ("messages.react", json!({"message_id": "x", "emoji": "x"})),
            ("messages.edit", json!({"message_id": id})),
            ("messages.delete", json!({"message_id": id, "for": "all"})),
            ("messages.delete", json!({})),
        ] {
            let shown = params.to_string();
            let error = call(method, params).unwrap_err();
            assert_eq!(error.code, -32_602, "{method} {shown}");
        }
    }
}
