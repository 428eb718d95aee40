//! Methods about meeting people: codes on a screen, and introductions.

use mesh_core::api::{Command, IntroductionView, PeopleCommand, Query};
use mesh_core::types::RequestId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::rpc::RpcError;
use super::people::{contact_id, ids};
use super::{NoParams, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactParams {
    contact: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmParams {
    contact: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntroduceParams {
    contact: String,
    to: String,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntroductionParams {
    from: String,
    contact: String,
}

/// Reads a call about meeting people; gives the parameters back of any other.
pub(super) fn command(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Result<Command, Map<String, Value>>, RpcError> {
    let ask = match method {
        "contacts.code" => read(params).map(|NoParams {}| PeopleCommand::ShowCode)?,
        "contacts.return_code" => {
            let ContactParams { contact } = read(params)?;
            let contact = contact_id("contact", &contact)?;
            let query = Query::ReturnCode { contact };
            return Ok(Ok(Command::Query { request, query }));
        }
        "contacts.confirm" => {
            let ConfirmParams { contact, code } = read(params)?;
            PeopleCommand::ConfirmCode {
                contact: contact_id("contact", &contact)?,
                code: code.into(),
            }
        }
        "contacts.introduce" => {
            let IntroduceParams { contact, to, text } = read(params)?;
            PeopleCommand::Introduce {
                contact: contact_id("contact", &contact)?,
                to: contact_id("to", &to)?,
                text: text.unwrap_or_default().into(),
            }
        }
        "introductions.accept" => {
            let IntroductionParams { from, contact } = read(params)?;
            PeopleCommand::AcceptIntroduction {
                from: contact_id("from", &from)?,
                contact: contact_id("contact", &contact)?,
            }
        }
        "introductions.decline" => {
            let IntroductionParams { from, contact } = read(params)?;
            PeopleCommand::DeclineIntroduction {
                from: contact_id("from", &from)?,
                contact: contact_id("contact", &contact)?,
            }
        }
        _ => return Ok(Err(params)),
    };
    Ok(Ok(Command::People { request, ask }))
}

/// One row of `introductions.list`.
pub(super) fn introduction_row(view: &IntroductionView) -> Value {
    json!({
        "from": view.from.to_string(),
        "contact": view.contact.to_string(),
        "name": view.name.0,
        "link": view.link.0,
        "text": view.text.0,
        "since_ms": view.since.0,
        "is_contact": view.is_contact,
        "can_write": view.can_write,
        "looks_like": ids(&view.looks_like),
    })
}
