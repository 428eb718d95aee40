//! Methods about the passphrase: locking, unlocking, another one, one for duress.

use mesh_core::api::Command;
use mesh_core::redact::Redacted;
use mesh_core::types::RequestId;
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::super::rpc::RpcError;
use super::{NoParams, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlockParams {
    passphrase: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeParams {
    old: String,
    new: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DuressParams {
    passphrase: String,
    duress: Option<String>,
    name: Option<String>,
}

fn word(typed: String) -> Redacted<Zeroizing<String>> {
    Redacted(Zeroizing::new(typed))
}

/// Reads a call about the passphrase; gives the parameters back of any other.
pub(super) fn command(
    method: &str,
    params: Map<String, Value>,
    request: RequestId,
) -> Result<Result<Command, Map<String, Value>>, RpcError> {
    Ok(Ok(match method {
        "node.lock" => read(params).map(|NoParams {}| Command::Lock { request })?,
        "node.unlock" => {
            let UnlockParams { passphrase } = read(params)?;
            let passphrase = word(passphrase);
            Command::Unlock {
                request,
                passphrase,
            }
        }
        "passphrase.change" => {
            let ChangeParams { old, new } = read(params)?;
            let (old, new) = (word(old), word(new));
            Command::ChangePassphrase { request, old, new }
        }
        "passphrase.duress" => {
            let DuressParams {
                passphrase,
                duress,
                name,
            } = read(params)?;
            let duress = match (duress, name) {
                (Some(duress), Some(name)) => Some((word(duress), name.into())),
                (None, None) => None,
                _ => {
                    return Err(RpcError::params(
                        "Give \"duress\" and \"name\" to set it, or neither to take it back.",
                    ));
                }
            };
            Command::SetDuress {
                request,
                own: word(passphrase),
                duress,
            }
        }
        _ => return Ok(Err(params)),
    }))
}
