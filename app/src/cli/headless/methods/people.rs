//! Methods about people: contacts, requests, and what they are told of us.

use mesh_core::api::{
    Command, ContactView, EmojiView, PeopleCommand, Query, Receipts, RequestView,
};
use mesh_core::types::{ContactId, RequestId, Standing, Trust};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::rpc::RpcError;
use super::{NoParams, read};

/// Look-alikes that a row names: one is enough to be careful, and a crowd of them must
/// not fill the line.
const LOOKS_LIKE_MAX: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddParams {
    link: String,
    petname: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactParams {
    contact: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyParams {
    contact: String,
    emoji: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockParams {
    contact: String,
    blocked: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PetnameParams {
    contact: String,
    petname: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestParams {
    request: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameParams {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptsParams {
    read: bool,
}

/// Reads a call about people.
pub(super) fn command(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Command, RpcError> {
    let ask = match method {
        "contacts.card" => read(params).map(|NoParams {}| PeopleCommand::ShareCard)?,
        "contacts.add" => {
            let AddParams { link, petname } = read(params)?;
            PeopleCommand::Add {
                link: link.into(),
                petname: petname.map(Into::into),
            }
        }
        "contacts.emoji" => {
            let ContactParams { contact } = read(params)?;
            let query = Query::Emoji {
                contact: contact_id("contact", &contact)?,
            };
            return Ok(Command::Query { request, query });
        }
        "contacts.verify" => {
            let VerifyParams { contact, emoji } = read(params)?;
            PeopleCommand::Verify {
                contact: contact_id("contact", &contact)?,
                emoji: emoji.into(),
            }
        }
        "contacts.block" => {
            let BlockParams { contact, blocked } = read(params)?;
            PeopleCommand::Block {
                contact: contact_id("contact", &contact)?,
                blocked: blocked.unwrap_or(true),
            }
        }
        "contacts.remove" => {
            let ContactParams { contact } = read(params)?;
            PeopleCommand::Remove {
                contact: contact_id("contact", &contact)?,
            }
        }
        "contacts.petname" => {
            let PetnameParams { contact, petname } = read(params)?;
            PeopleCommand::SetPetname {
                contact: contact_id("contact", &contact)?,
                petname: petname.into(),
            }
        }
        "requests.accept" => PeopleCommand::Accept {
            request: asking(params)?,
        },
        "requests.decline" => PeopleCommand::Decline {
            request: asking(params)?,
        },
        "profile.rename" => {
            let NameParams { name } = read(params)?;
            PeopleCommand::Rename { name: name.into() }
        }
        "receipts.set" => {
            let ReceiptsParams { read } = read(params)?;
            PeopleCommand::SetReceipts(Receipts { read })
        }
        _ => return Err(RpcError::method(method)),
    };
    Ok(Command::People { request, ask })
}

fn asking(params: Map<String, Value>) -> Result<ContactId, RpcError> {
    let RequestParams { request } = read(params)?;
    contact_id("request", &request)
}

pub(super) fn contact_id(name: &str, text: &str) -> Result<ContactId, RpcError> {
    text.parse()
        .map_err(|error| RpcError::params(format!("\"{name}\": {error}.")))
}

/// One contact as `contacts.list` shows it.
pub(super) fn contact_row(view: &ContactView) -> Value {
    let mut row = json!({
        "contact": view.contact.to_string(),
        "conversation": view.conversation.to_string(),
        "name": view.name.0,
        "petname": view.petname.0,
        "trust": trust(view.trust),
        "blocked": view.standing == Standing::Blocked,
        "connected": view.connected,
        "quantum_safe": view.quantum_safe,
        "restarted": view.restarted,
        "looks_like": ids(&view.looks_like),
        "since_ms": view.since.0,
    });
    if let (Some(fields), Some(by)) = (row.as_object_mut(), view.introduced_by) {
        fields.insert("introduced_by".into(), by.to_string().into());
    }
    row
}

/// One request as `requests.list` shows it.
pub(super) fn request_row(view: &RequestView) -> Value {
    json!({
        "request": view.request.to_string(),
        "name": view.name.0,
        "text": view.text.0,
        "since_ms": view.since.0,
        "has_seen_code": view.has_seen_code,
        "looks_like": ids(&view.looks_like),
    })
}

/// The emoji as one text to be handed to `contacts.verify`, and their words.
pub(super) fn emoji(view: &EmojiView) -> Value {
    let symbols: String = view.emoji.iter().map(|(symbol, _)| *symbol).collect();
    let words: Vec<&str> = view.emoji.iter().map(|(_, word)| *word).collect();
    json!({"emoji": symbols, "words": words, "safety_number": view.safety_number.0})
}

pub(super) fn ids(contacts: &[ContactId]) -> Value {
    let named = contacts.iter().take(LOOKS_LIKE_MAX);
    named.map(ToString::to_string).collect()
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::Unverified => "unverified",
        Trust::Introduced => "introduced",
        Trust::Verified => "verified",
    }
}
