//! What each method means: name and parameters to a command of the node, and the
//! node's answer to a result. Later versions add methods and rename none.

use mesh_core::api::{Answer, ChannelSpec, Command, ConversationView, Query, Status};
use mesh_core::types::{CarrierStatus, ConversationId, ConversationKind, RequestId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::events;
use super::rpc::{LINE_BYTES_MAX, RpcError};

mod groups;
mod meeting;
mod messages;
mod people;
mod vault;

pub(super) use groups::ForContact;

/// Kept free for everything in an answer but its messages.
const ANSWER_FRAME_BYTES: usize = 2_048;

/// What a call asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Something of the node.
    Command(Command),
    /// A list of the node, from behind the row of this id on.
    List(Command, String),
    /// Something about a member who is named by contact: two commands, for the caller
    /// should not have to ask for member ids first.
    ForContact(ForContact),
    /// A clean end of the program.
    Shutdown,
}

/// Parameters of methods that take none. Unknown ones are refused everywhere, or
/// a misspelt one would be ignored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoParams {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinParams {
    name: Option<String>,
    phrase: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConversationParams {
    conversation: String,
}

/// Of lists that may not fit into one line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AfterParams {
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DialParams {
    address: String,
}

/// Reads a call. `request` becomes part of the command and of its answer.
pub(super) fn action(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Action, RpcError> {
    let query = |query| Command::Query { request, query };
    let command = match method {
        "shutdown" => return read(params).map(|NoParams {}| Action::Shutdown),
        "status" => read(params).map(|NoParams {}| query(Query::Status))?,
        "channels.join" => Command::Join {
            request,
            channel: channel(read(params)?)?,
        },
        "channels.create" => read(params).map(|NoParams {}| Command::Create { request })?,
        "channels.leave" => Command::Leave {
            request,
            conversation: conversation(params)?,
        },
        "channels.phrase" => query(Query::ChannelSecret {
            conversation: conversation(params)?,
        }),
        "conversations.list" => return list(params, query(Query::Conversations)),
        "clock.adopt" => read(params).map(|NoParams {}| Command::AdoptClock { request })?,
        "conversations.seen" => Command::MarkSeen {
            request,
            conversation: conversation(params)?,
        },
        "mesh.dial" => {
            let DialParams { address } = read(params)?;
            Command::Dial {
                request,
                address: address.into(),
            }
        }
        "mesh.links" => read(params).map(|NoParams {}| query(Query::Links))?,
        "contacts.list" => return list(params, query(Query::Contacts)),
        "requests.list" => return list(params, query(Query::Requests)),
        "introductions.list" => return list(params, query(Query::Introductions)),
        _ => return other(method, params, request),
    };
    Ok(Action::Command(command))
}

/// Calls about messages, groups and people.
fn other(method: &str, params: Map<String, Value>, request: RequestId) -> Result<Action, RpcError> {
    let params = match messages::command(method, params, request)? {
        Ok(command) => return Ok(Action::Command(command)),
        Err(params) => params,
    };
    let params = match groups::action(method, params, request)? {
        Ok(action) => return Ok(action),
        Err(params) => params,
    };
    let params = match meeting::command(method, params, request)? {
        Ok(command) => return Ok(Action::Command(command)),
        Err(params) => params,
    };
    match vault::command(method, params, request)? {
        Ok(command) => Ok(Action::Command(command)),
        Err(params) => people::command(method, params, request).map(Action::Command),
    }
}

fn list(params: Map<String, Value>, command: Command) -> Result<Action, RpcError> {
    let AfterParams { after } = read(params)?;
    Ok(list_of(command, after))
}

fn list_of(command: Command, after: Option<String>) -> Action {
    match after {
        None => Action::Command(command),
        Some(after) => Action::List(command, after),
    }
}

fn read<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, RpcError> {
    serde_json::from_value(Value::Object(params))
        .map_err(|error| RpcError::params(format!("The parameters do not fit: {error}.")))
}

fn channel(params: JoinParams) -> Result<ChannelSpec, RpcError> {
    match params {
        JoinParams {
            name: Some(name),
            phrase: None,
        } => Ok(ChannelSpec::Public { name: name.into() }),
        JoinParams {
            name: None,
            phrase: Some(phrase),
        } => Ok(ChannelSpec::Phrase {
            phrase: phrase.into(),
        }),
        _ => Err(RpcError::params(
            "Give either \"name\" (public) or \"phrase\" (keyed).",
        )),
    }
}

fn conversation(params: Map<String, Value>) -> Result<ConversationId, RpcError> {
    let ConversationParams { conversation } = read(params)?;
    conversation_id(&conversation)
}

fn conversation_id(text: &str) -> Result<ConversationId, RpcError> {
    text.parse()
        .map_err(|error| RpcError::params(format!("\"conversation\": {error}.")))
}

/// The result of a call that the node answered; of a list, what comes after the row
/// with the id `after`.
pub(super) fn result(answer: &Answer, after: Option<&str>) -> Result<Value, RpcError> {
    Ok(match answer {
        Answer::Joined { conversation } => json!({"conversation": conversation.to_string()}),
        Answer::Created {
            conversation,
            phrase,
        } => json!({"phrase": phrase.0, "conversation": conversation.to_string()}),
        Answer::Sent { message_id } => json!({"message_id": message_id.to_string()}),
        Answer::Done => json!({}),
        Answer::Conversations(views) => {
            let rows = views.iter().map(conversation_row);
            rows_that_fit(rows, "conversation", after)?
        }
        Answer::Timeline(page) => messages::page_that_fits(page),
        Answer::Status(view) => status(view),
        Answer::Links(views) => views.iter().map(events::link).collect(),
        Answer::ChannelSecret(secret) => {
            json!({"words": secret.words.0, "link": secret.link.0})
        }
        Answer::Contacts(views) => {
            let rows = views.iter().map(people::contact_row);
            rows_that_fit(rows, "contact", after)?
        }
        Answer::Requests(views) => {
            let rows = views.iter().map(people::request_row);
            rows_that_fit(rows, "request", after)?
        }
        Answer::Card { link } => json!({"link": link.0}),
        Answer::Contact {
            contact,
            conversation,
        } => json!({"contact": contact.to_string(), "conversation": conversation.to_string()}),
        Answer::Emoji(view) => people::emoji(view),
        Answer::Code { text, until } => json!({"code": text.0, "until_ms": until.0}),
        Answer::ReturnCode(text) => json!({"code": text.0}),
        Answer::Introductions(views) => {
            let rows = views.iter().map(meeting::introduction_row);
            rows_that_fit(rows, "contact", after)?
        }
        Answer::Group(view) => groups::group(view, after)?,
        Answer::Arrested(arrest) => groups::arrest(arrest),
    })
}

/// The first rows that fit into one line: all of them, or those after the row whose
/// `id` field is `after`.
fn rows_that_fit(
    rows: impl Iterator<Item = Value>,
    id: &str,
    after: Option<&str>,
) -> Result<Value, RpcError> {
    rows_within(LINE_BYTES_MAX - ANSWER_FRAME_BYTES, rows, id, after)
}

/// The same for rows that share the line with something.
fn rows_within(
    mut room: usize,
    mut rows: impl Iterator<Item = Value>,
    id: &str,
    after: Option<&str>,
) -> Result<Value, RpcError> {
    if let Some(after) = after
        && !rows.any(|row| row.get(id).is_some_and(|id| id == after))
    {
        return Err(RpcError::params(format!(
            "\"after\" names no {id} of this list: begin anew."
        )));
    }
    Ok(rows
        .map_while(|row| {
            room = room.checked_sub(row.to_string().len() + 1)?;
            Some(row)
        })
        .collect())
}

fn conversation_row(view: &ConversationView) -> Value {
    let mut row = json!({
        "conversation": view.conversation.to_string(),
        "kind": match view.kind {
            ConversationKind::Public => "public",
            ConversationKind::Keyed => "keyed",
            ConversationKind::Direct => "direct",
            ConversationKind::Group => "group",
        },
        "name": view.name.0,
        "unread": view.unread,
    });
    if let (Some(fields), Some(timer_s)) = (row.as_object_mut(), view.timer_s) {
        fields.insert("timer_s".into(), timer_s.into());
    }
    row
}

fn status(status: &Status) -> Value {
    let notices: Value = status
        .notices
        .iter()
        .map(|notice| json!({"code": notice.code, "text": notice.text}))
        .collect();
    json!({
        "version": status.version,
        "name": status.name.as_ref().map(|name| &name.0),
        "locked": status.locked,
        "clock": {"offset_s": status.clock.offset_s, "trusted": status.clock.trusted},
        "carriers": status.carriers.iter().map(carrier).collect::<Value>(),
        "links": status.links,
        "stored": {"count": status.stored.count, "bytes": status.stored.bytes},
        "pushed": {"came": status.pushed.came, "kept": status.pushed.kept},
        "receipts": {"read": status.receipts.read},
        "notices": notices,
    })
}

fn carrier(carrier: &CarrierStatus) -> Value {
    let mut shown = json!({
        "kind": events::link_kind(carrier.kind),
        "name": carrier.name,
        "can_find": carrier.can_find,
        "can_be_found": carrier.can_be_found,
    });
    let optional = [("reason", &carrier.reason), ("advice", &carrier.advice)];
    if let Some(fields) = shown.as_object_mut() {
        for (key, value) in optional {
            if let Some(text) = value {
                fields.insert(key.into(), text.clone().into());
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests;
